/// Looks beside those of all reports.
enum PhotoReportStyle {
  static let css = """
    nav{display:flex;flex-wrap:wrap;gap:6px 18px;margin:28px 0 0;font-size:.92rem}
    a{color:var(--accent)}
    h3{font-size:.98rem;font-weight:600;margin:28px 0 10px}
    section{scroll-margin-top:16px}
    .mistakes.photos,.mistakes.pairs{align-items:start}
    .mistakes.pairs{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
    .mistakes.pairs li{display:grid;grid-template-columns:1fr 1fr}
    .mistakes.pairs li div,.mistakes.triples li div{grid-column:1/-1}
    .mistakes.triples{grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));align-items:start}
    .mistakes.triples li{display:grid;grid-template-columns:1fr 1fr 1fr}
    .mistakes img{height:auto;image-rendering:auto;object-fit:cover}
    .mistakes span{display:block;overflow-wrap:anywhere}
    .mistakes b.right{color:var(--accent)}
    img.tiny{image-rendering:pixelated}
    .scores small{display:block;color:var(--muted);font-size:.8rem;white-space:nowrap}
    .scores.narrow{max-width:620px;margin-top:18px}
    .scores.narrow th:first-child{width:auto}
    .scores.narrow td:last-child,.scores.narrow th:last-child{width:auto}
    .note.below{margin-top:14px}
    .layers{display:grid;gap:28px}
    figure{margin:0}
    figure img{max-width:100%;height:auto;border-radius:8px;display:block;image-rendering:pixelated}
    figcaption{color:var(--muted);font-size:.88rem;margin-top:8px;max-width:46em}
    figcaption b{color:var(--ink);font-weight:600}
    details{margin-top:14px;border-top:1px solid var(--line);padding-top:10px}
    summary{cursor:pointer}
    .files,.limits{padding-left:20px;overflow-wrap:anywhere}
    .files{font-size:.88rem;color:var(--muted)}
    .limits li{margin:0 0 8px;max-width:46em}
    .figures{grid-template-columns:repeat(auto-fit,minmax(190px,1fr))}
    """
}
