/*
 * style: see style.h.  Called by page.c.
 *
 * Light or dark as the reader's system is, one column on a telephone.  A colour
 * never says alone what it says: there is a word beside it.  All texts have a
 * contrast of 4.5 to 1 or more.
 */
#include <string.h>

#include "style.h"

/* Colours. */
static const char colours[] =
    ":root{color-scheme:light dark;--back:#f5f6f7;--card:#fff;--edge:#dfe3e8;"
    "--text:#1c2530;--soft:#586472;--grid:#e3e7ec;--in:#2563c9;--out:#0b7f74;"
    "--drop:#b4501b;--good:#17703f;--warn:#8a5a00;--bad:#b3261e;"
    "--good-back:#e7f4ec;--bad-back:#fceceb}\n"
    "@media (prefers-color-scheme:dark){:root{--back:#11151a;--card:#191f26;"
    "--edge:#2b333d;--text:#e4e8ed;--soft:#9ba7b4;--grid:#2a323b;--in:#74a7ff;"
    "--out:#43c6b4;--drop:#f0975c;--good:#63c98d;--warn:#e3b341;--bad:#ff8a80;"
    "--good-back:#15291e;--bad-back:#361a1a}}\n";

/* The frame. */
static const char frame[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 2rem;"
    "background:var(--back);color:var(--text);"
    "font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Helvetica Neue\",Arial,sans-serif;font-variant-numeric:tabular-nums;"
    "overflow-wrap:anywhere}\n"
    "header{display:flex;flex-wrap:wrap;align-items:baseline;"
    "justify-content:space-between;gap:0 1.5rem;margin-bottom:1rem}\n"
    "header p,footer p{margin:0;color:var(--soft);font-size:.875rem}\n"
    "h1{margin:0;font-size:1.5rem;line-height:1.3;font-weight:650}\n"
    "h2{margin:0 0 .75rem;font-size:1rem;font-weight:650}\n"
    "h3{margin:0;font-size:.9375rem;font-weight:600}\n"
    "a{color:var(--in)}\n"
    "section{margin:0 0 1rem;padding:1rem 1.25rem;background:var(--card);"
    "border:1px solid var(--edge);border-radius:.6rem}\n"
    ".verdict h2{margin:0}\n"
    ".verdict h2::before{content:\"\";display:inline-block;width:.7rem;"
    "height:.7rem;margin-right:.6rem;border-radius:50%;"
    "background:currentColor}\n"
    ".verdict.good{background:var(--good-back);color:var(--good);"
    "border-color:transparent}\n"
    ".verdict.bad{background:var(--bad-back);border-color:transparent}\n"
    ".verdict.bad h2{color:var(--bad)}\n"
    ".verdict ul{margin:.5rem 0 0;padding-left:1.3rem}\n"
    "small{display:block;font-size:.8125rem;line-height:1.4;"
    "font-weight:400;color:var(--soft)}\n"
    "small.warn{color:var(--warn)}small.bad{color:var(--bad)}\n"
    ".mark::before{content:\"\";display:inline-block;width:.5rem;"
    "height:.5rem;margin-right:.45rem;border-radius:50%;"
    "background:currentColor;vertical-align:.08em}\n"
    ".mark.good::before{color:var(--good)}\n"
    ".mark.warn{color:var(--warn)}.mark.bad{color:var(--bad)}\n";

/* Numbers, charts, tables. */
static const char parts[] =
    "dl{margin:0}dd{margin:0}\n"
    ".tiles{display:grid;gap:1rem 1.5rem;"
    "grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr))}\n"
    "dt{color:var(--soft);font-size:.875rem}\n"
    ".tiles dd{font-size:1.5rem;line-height:1.3;font-weight:600;"
    "white-space:nowrap}\n"
    ".list>div{display:grid;grid-template-columns:9rem 1fr;gap:.25rem 1rem;"
    "padding:.45rem 0;border-top:1px solid var(--edge)}\n"
    ".list>div:first-child{border-top:0;padding-top:0}\n"
    ".charts{display:grid;gap:1.5rem;grid-template-columns:1fr 1fr}\n"
    "figure{margin:0;min-width:0}#throughput{grid-column:1/-1}\n"
    "figcaption p{margin:0;color:var(--soft);font-size:.8125rem}\n"
    ".key{display:inline-block;width:.9rem;height:.2rem;margin-right:.45rem;"
    "border-radius:.1rem;vertical-align:.25em}\n"
    ".key.in{background:var(--in)}.key.out{background:var(--out)}"
    ".key.drop{background:var(--drop)}\n"
    ".plot{position:relative;height:7rem;margin:1.4rem 0 .25rem}"
    "#throughput .plot{height:10rem}\n"
    ".plot svg{display:block;width:100%;height:100%;overflow:visible}\n"
    ".plot span{position:absolute;left:0;padding-right:.4rem;"
    "font-size:.75rem;line-height:1.2;color:var(--soft)}\n"
    ".plot .top{bottom:100%}\n"
    "path{fill:none;stroke-width:1.5;vector-effect:non-scaling-stroke;"
    "stroke-linejoin:round}\n"
    ".grid{stroke:var(--grid);stroke-width:1}\n"
    ".line.in{stroke:var(--in)}.line.out{stroke:var(--out)}"
    ".line.drop{stroke:var(--drop)}\n"
    ".area{stroke:none;opacity:.13}.area.in{fill:var(--in)}"
    ".area.drop{fill:var(--drop)}\n"
    ".ticks{display:flex;justify-content:space-between;font-size:.75rem;"
    "color:var(--soft)}\n"
    "details{margin-top:1rem}summary{cursor:pointer;color:var(--soft);"
    "font-size:.875rem}caption{text-align:left;color:var(--soft);"
    "font-size:.8125rem;padding:.5rem 0}\n"
    "table{width:100%;border-collapse:collapse;font-size:.9375rem}\n"
    "th,td{padding:.5rem .75rem .5rem 0;text-align:left;vertical-align:top;"
    "font-weight:400;border-top:1px solid var(--edge)}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    "thead th{border-top:0;padding-top:0;color:var(--soft);"
    "font-size:.8125rem}\n"
    "td,thead th{overflow-wrap:break-word}"
    "td small{overflow-wrap:anywhere}time,.mark{white-space:nowrap}\n"
    "tbody th{font-weight:600}\n";

/* A telephone. */
static const char narrow[] =
    "@media (max-width:40rem){body{padding:1rem .6rem}"
    "section{padding:.9rem .9rem}.charts{grid-template-columns:1fr}"
    ".tiles{grid-template-columns:1fr 1fr;gap:.9rem}"
    ".tiles dd{font-size:1.25rem}.tiles small{white-space:normal}"
    ".list>div{grid-template-columns:1fr;gap:0}"
    "table{font-size:.875rem}th,td{padding-right:.5rem}"
    ".tall thead{position:absolute;clip-path:inset(50%)}"
    ".tall tr{display:grid;grid-template-columns:1fr 1fr;gap:.35rem .75rem;"
    "padding:.6rem 0;border-top:1px solid var(--edge)}"
    ".tall tr:first-child{border-top:0;padding-top:0}"
    ".tall th,.tall td{display:block;padding:0;border:0}"
    ".tall tbody th{grid-column:1/-1}"
    ".tall td::before{content:attr(data-column);display:block;"
    "color:var(--soft);font-size:.8125rem}}\n";

void
metrics_style(struct ipc_wr *w)
{
	ipc_wr_bytes(w, colours, strlen(colours));
	ipc_wr_bytes(w, frame, strlen(frame));
	ipc_wr_bytes(w, parts, strlen(parts));
	ipc_wr_bytes(w, narrow, strlen(narrow));
}
