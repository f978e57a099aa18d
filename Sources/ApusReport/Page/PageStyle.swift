/// The style sheet of pages. Its colors are told apart by people with any color vision, and text keeps a contrast of
/// 4.5 : 1 on them in light and dark.
enum PageStyle {
  static let css = """
    :root{color-scheme:light dark;--page:#fafaf8;--surface:#fff;--ink:#1c1d20;--muted:#5d6068;--line:#e2e2dd;\
    --accent:#0063a3;--heat:0 99 163;--wrong:196 78 0;--wrong-ink:#a84300;--on-heat:#fff;--grid:#e8e8e4}
    @media(prefers-color-scheme:dark){:root{--page:#121316;--surface:#1a1b1f;--ink:#ececea;--muted:#a0a3ab;\
    --line:#2e3036;--accent:#62b5ee;--heat:64 148 214;--wrong:236 128 62;--wrong-ink:#f39a60;--on-heat:#fff;\
    --grid:#2a2c32}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 Inter,system-ui,-apple-system,\
    "Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
    main{max-width:1080px;margin:0 auto;padding:56px 32px 72px}
    h1{font-size:clamp(1.9rem,5vw,2.7rem);line-height:1.1;letter-spacing:-.022em;margin:0 0 12px;font-weight:700;\
    text-wrap:balance}
    h2{font-size:1.18rem;letter-spacing:-.01em;margin:56px 0 4px;font-weight:650}
    h3{font-size:.98rem;font-weight:600;margin:28px 0 10px}
    nav{display:flex;flex-wrap:wrap;gap:6px 18px;margin:28px 0 0;font-size:.92rem}
    nav b{flex-basis:100%;margin-top:8px;font-size:.84rem;font-weight:600;color:var(--muted)}
    nav b:first-child{margin-top:0}
    .chapter{margin:72px 0 0;padding-top:18px;border-top:2px solid var(--ink);font-size:1.42rem;font-weight:700;\
    letter-spacing:-.018em}
    .chapter+section>h2{margin-top:18px}
    a{color:var(--accent)}
    section{scroll-margin-top:16px}
    section>.charts,section>.card{margin-top:18px}
    section>.charts+.note,section>.scroll+.note,section>.axes+.note{margin-top:14px}
    .lead{color:var(--muted);font-size:1.08rem;max-width:44em;margin:0;text-wrap:pretty}
    .note{color:var(--muted);font-size:.92rem;max-width:46em;margin:0 0 18px;text-wrap:pretty}
    .figures{display:flex;flex-wrap:wrap;gap:1px;margin:36px 0 0;\
    background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden}
    .figures div{flex:1 1 190px;background:var(--surface);padding:20px 22px 18px}
    .figures b{display:block;font-size:1.85rem;line-height:1.15;letter-spacing:-.025em;font-weight:650;\
    font-variant-numeric:tabular-nums;white-space:nowrap}
    .figures span{color:var(--muted);font-size:.86rem}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:20px;margin-top:18px}
    .card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:14px 16px}
    .charts.alone{max-width:620px}
    .card svg{display:block;width:100%;height:auto}
    .scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums}
    .matrix{border-collapse:separate;border-spacing:2px;font-size:.84rem;line-height:1}
    .matrix th{font-weight:500;color:var(--muted)}
    .matrix thead th{vertical-align:bottom;height:7.6em;padding:0 0 7px}
    .matrix thead th span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;display:inline-block}
    .matrix tbody th{text-align:right;padding:0 9px 0 0;white-space:nowrap}
    .matrix td{width:58px;height:38px;text-align:center;border-radius:5px;background:var(--surface);\
    background-color:rgb(var(--heat)/var(--a,0));padding:0}
    .matrix td.miss{background-color:rgb(var(--wrong)/var(--a,0))}
    .matrix td.zero{color:var(--muted);opacity:.42}
    .matrix td.strong{color:var(--on-heat);font-weight:600}
    .axes{display:flex;gap:22px;flex-wrap:wrap;color:var(--muted);font-size:.86rem;margin:12px 0 0}
    .axes i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px;vertical-align:-1px}
    .axes .right{background:rgb(var(--heat))}.axes .wrong{background:rgb(var(--wrong))}
    .data{font-size:.94rem}
    .data.wide{width:100%}
    .data.narrow{min-width:min(100%,420px)}
    .data th,.data td{text-align:right;padding:8px 10px;border-bottom:1px solid var(--line);font-weight:400;\
    vertical-align:top}
    .data thead th{color:var(--muted);font-size:.84rem;vertical-align:bottom}
    .data .leading{text-align:left}
    .data th:first-child{padding-left:0}
    .data.wide th:first-child{width:26%}
    .data tbody th{font-weight:550;overflow-wrap:anywhere;min-width:5em}
    .data th:last-child,.data td:last-child{padding-right:0}
    .data small{display:block;color:var(--muted);font-size:.8rem;white-space:nowrap}
    .bar{display:inline-block;vertical-align:middle;width:min(9vw,92px);height:7px;border-radius:4px;\
    background:var(--grid);margin-left:10px;overflow:hidden}
    .bar i{display:block;height:100%;border-radius:4px;background:var(--accent)}
    .gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:16px;margin:0;padding:0;\
    list-style:none;align-items:start}
    .gallery li{background:var(--surface);border:1px solid var(--line);border-radius:12px;overflow:hidden;\
    font-size:.86rem;line-height:1.35;min-width:0}
    .gallery img{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:cover;background:#000}
    .gallery img.pixelated{object-fit:contain}
    .gallery div{padding:9px 12px 11px;overflow-wrap:anywhere}
    .gallery b{display:block;font-weight:600}
    .gallery b.right{color:var(--accent)}.gallery b.right::before{content:"✓ "}
    .gallery b.wrong{color:var(--wrong-ink)}.gallery b.wrong::before{content:"✗ "}
    .gallery span{display:block;color:var(--muted)}
    .gallery.pairs{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
    .gallery.pairs li{display:grid;grid-template-columns:1fr 1fr}
    .gallery.triples{grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr))}
    .gallery.triples li{display:grid;grid-template-columns:1fr 1fr 1fr}
    .gallery.pairs li div,.gallery.triples li div{grid-column:1/-1}
    .gallery.thumbnails{grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:12px}
    .gallery.thumbnails img{object-fit:contain}
    .query{display:grid;grid-template-columns:150px minmax(0,1fr);gap:28px;border-top:1px solid var(--line);\
    padding:18px 0}
    .query>.gallery:first-child{grid-template-columns:minmax(0,1fr)}
    .pixelated{image-rendering:pixelated}
    figure{margin:18px 0 28px}
    figure img{max-width:100%;height:auto;border-radius:8px;display:block}
    figcaption{color:var(--muted);font-size:.88rem;margin-top:8px;max-width:46em}
    figcaption b{color:var(--ink);font-weight:600}
    details{margin-top:14px;border-top:1px solid var(--line);padding-top:10px}
    summary{cursor:pointer}
    .files,.list{padding-left:20px;overflow-wrap:anywhere}
    .files{font-size:.88rem;color:var(--muted)}
    .list li{margin:0 0 8px;max-width:46em}
    pre{margin:0;font:.82rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-x:auto}
    .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:0 48px}
    dl{display:grid;grid-template-columns:minmax(7.5em,max-content) 1fr;margin:12px 0 0;font-size:.94rem}
    dt,dd{margin:0;padding:7px 0;border-bottom:1px solid var(--line)}
    dt{color:var(--muted);padding-right:20px}
    dd{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
    footer{margin-top:64px;color:var(--muted);font-size:.86rem}
    @media(max-width:640px){main{padding:32px 16px 48px}h2{margin-top:44px}
    .figures{grid-template-columns:repeat(2,1fr)}.figures div{padding:15px 16px 14px}.figures b{font-size:1.45rem}
    .figures div:last-child:nth-child(odd){grid-column:1/-1}
    .card{padding:10px 8px}.card .apus-chart text{font-size:16px}.card .apus-chart .title{font-size:18px}
    .matrix{font-size:.64rem;border-spacing:1px}.matrix td{width:28px;height:28px;border-radius:3px}
    .matrix tbody th{padding-right:5px}.bar{display:none}.data{font-size:.86rem}.data th,.data td{padding:8px 5px}
    .gallery{grid-template-columns:repeat(auto-fill,minmax(102px,1fr));gap:10px}
    .query{grid-template-columns:minmax(0,1fr);gap:10px}.query>.gallery:first-child{max-width:140px}
    dl{grid-template-columns:minmax(6.5em,max-content) 1fr}}
    @media print{body{background:#fff}main{max-width:none;padding:0}nav{display:none}
    .card,.gallery li,figure,tr{break-inside:avoid}h2,h3,.chapter{break-after:avoid}.scroll{overflow:visible}
    details::details-content{content-visibility:visible;block-size:auto}}
    """
}
