"""The benchmark's results as a table for the terminal, as Markdown, and as a chart."""

import os
import re


def milliseconds(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value >= 1 else f"{value:.3f}"


def seconds(value):
    return "–" if value is None else f"{value / 1000:.2g}" if value < 10_000 else f"{value / 1000:.0f}"


def megabytes(value):
    return "–" if value is None else f"{value / 1e6:.0f}"


def cells(row, peers):
    ratio = row["ratio_to_best"]
    names = ["apus", *peers]
    return [
        row["name"], milliseconds(row["apus_ms"]), *(milliseconds(row["peers"][peer]) for peer in peers),
        f"{ratio:.2f}" if ratio else "–", f"≤ {row['to_reach']:.2f}" if ratio else "–",
        milliseconds(row["limit_ms"]),
        " / ".join(seconds(row["first_step_ms"][name]) for name in names),
        " / ".join(megabytes(row["peak_memory_bytes"][name]) for name in names),
    ]


def titles(peers):
    return [
        "row", "Apus ms", *(f"{peer} ms" for peer in peers), "ratio", "to reach", "limit ms", "first step s",
        "memory MB"]


def widths(peers):
    return [18, 9, *(9 for _ in peers), 6, 8, 8, max(12, 6 + 6 * len(peers)), max(9, 7 * (len(peers) + 1))]


def aligned(texts, peers):
    first, *others = zip(texts, widths(peers))
    return first[0].ljust(first[1]) + "".join(text.rjust(width + 2) for text, width in others)


def description(results):
    roofline = results["roofline"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return (
        f"{results['machine']}; {results['threads']} threads; {results['turns']} turns; {versions}; "
        f"{roofline['gflops']:.0f} GFLOP/s and {roofline['gigabytes_per_second']:.1f} GB/s measured")


def heading(results, peers):
    return description(results) + "\n" + aligned(titles(peers), peers)


def line(row, peers):
    return aligned(cells(row, peers), peers)


def remarks(results, peers):
    """What is not reached, each peer's ways of a row, and ways that failed."""
    missed = [
        f"{row['name']} {row['ratio_to_best']:.2f} instead of {row['to_reach']:.2f}" for row in results["rows"]
        if row["ratio_to_best"] and row["ratio_to_best"] > row["to_reach"]]
    lines = ["Not reached: " + ", ".join(missed)] if missed else []
    for row in results["rows"]:
        best = []
        for peer in peers:
            ways = {label: ms for label, ms in row["ways_ms"].items() if label.split()[0] == peer}
            if len(ways) + sum(label.startswith(peer + " ") for label in row["notes"]) > 1:
                best += [f"{label} {milliseconds(ms)}" for label, ms in sorted(ways.items(), key=lambda way: way[1])]
        best += [f"{label}: {reason}" for label, reason in row["notes"].items()]
        if best:
            lines.append(f"{row['name']}: " + "; ".join(best))
    return lines


def notes(results, peers):
    return "\n".join(remarks(results, peers))


def markdown(results, peers):
    head = titles(peers)
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(cells(row, peers)) + " |" for row in results["rows"]]
    order = " / ".join(["Apus", *peers])
    lines += ["", f"{description(results)}. First step and memory: {order}.", ""]
    return "\n".join(lines + [f"- {remark}" for remark in remarks(results, peers)])


NAMES = {"torch": "PyTorch", "jax": "JAX"}

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .small { font-size: 11px; fill: #57606a }
.bar { fill: #0a7ea4 } .slower { fill: #c2410c } .one { stroke: #24292f } .goal { stroke: #57606a; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9da7b3 } .bar { fill: #38bdf8 } .slower { fill: #fb923c }
  .one { stroke: #e6edf3 } .goal { stroke: #9da7b3 }
}
""".strip()


def chart(results, peers):
    """Apus's time in units of the best peer's, as bars."""
    rows = [row for row in results["rows"] if row["ratio_to_best"]]
    left, scale, top, step = 150, 420, 58, 26
    longest = max([1.0, *(min(row["ratio_to_best"], 1.5) for row in rows)])
    column = left + round(scale * longest) + 100  # where the figures end
    width, height = column + 10, top + step * len(rows) + 34
    one = left + scale
    others = " and ".join(NAMES.get(peer, peer) for peer in peers)
    others = f"the faster of {others}" if len(peers) > 1 else others
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="Time of Apus relative to the fastest peer">',
        f"<style>{STYLE}</style>",
        f'<text x="{left}" y="20">Time relative to {others}: shorter is faster</text>',
        f'<text x="{left}" y="38" class="small">{results["machine"].split(", ")[0]}, {results["threads"]} threads; '
        "the thin marks are what was to be reached</text>",
    ]
    for index, row in enumerate(rows):
        y, ratio = top + step * index, row["ratio_to_best"]
        end, goal = left + scale * min(ratio, longest), left + scale * row["to_reach"]
        kind = "bar" if ratio <= 1 else "slower"
        parts += [
            f'<text x="{left - 10}" y="{y + 13}" text-anchor="end">{row["name"]}</text>',
            f'<rect class="{kind}" x="{left}" y="{y}" width="{end - left:.1f}" height="18" rx="2"/>',
            f'<line class="goal" x1="{goal:.1f}" x2="{goal:.1f}" y1="{y - 2}" y2="{y + 20}"/>',
            f'<text class="small" x="{column}" y="{y + 13}" text-anchor="end">{ratio:.2f} · '
            f'{milliseconds(row["apus_ms"])} ms</text>',
        ]
    bottom = top + step * len(rows)
    parts += [
        f'<line class="one" x1="{one}" x2="{one}" y1="{top - 6}" y2="{bottom}" stroke-dasharray="3 3"/>',
        f'<text class="small" x="{one}" y="{bottom + 16}" text-anchor="middle">best peer</text>', "</svg>"]
    return "\n".join(parts) + "\n"


def write_files(results, peers, root, suffix):
    """Puts the table into Benchmarks/README.md, between the marks of its suite, and the chart beside the
    documentation."""
    readme = os.path.join(root, "Benchmarks", "README.md")
    with open(readme) as file:
        text = file.read()
    image = f"![Time of Apus relative to the fastest peer, a bar for each row](../docs/images/benchmark{suffix}.svg)"
    begin, end = f"<!-- results{suffix} -->", f"<!-- end of results{suffix} -->"
    table = f"{begin}\n{image}\n\n{markdown(results, peers)}\n{end}"
    text = re.sub(f"{begin}.*?{end}", lambda _: table, text, flags=re.DOTALL)
    with open(readme, "w") as file:
        file.write(text)
    images = os.path.join(root, "docs", "images")
    os.makedirs(images, exist_ok=True)
    with open(os.path.join(images, f"benchmark{suffix}.svg"), "w") as file:
        file.write(chart(results, peers))
