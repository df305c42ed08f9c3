import { format, goalText, type Result } from './report.ts';

const ROW = 26;
const BAR = 14;
/** Widths of the labels, the bars and the figures behind them, pixels. */
const [LABELS, BARS, FIGURES] = [370, 360, 150];
const TOP = 46;
/** Ratios beyond this leave the chart. */
const MAX_RATIO = 4;

/** Colours that can be told apart in both schemes; `currentColor` does not reach an image in a document. */
const STYLE = `text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.quiet { fill: #59636e } .one { stroke: #59636e; stroke-dasharray: 3 3 } .goal { stroke: #1f2328; stroke-width: 2 }
.reached { fill: #2da44e } .missed { fill: #d4762c } .spread { stroke: #1f2328 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .quiet { fill: #9198a1 } .one { stroke: #9198a1 } .goal, .spread { stroke: #f0f6fc }
}`;

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A bar for the ratio of each figure that has a goal, with its spread, as an SVG for a light and a dark page. */
export function chart(results: readonly Result[]): string {
  const rows = results.filter(({ ratio, goal }) => goal && ratio && Number.isFinite(ratio.median));
  const width = LABELS + BARS + FIGURES;
  const height = TOP + rows.length * ROW + 10;
  const at = (ratio: number) => Math.round(LABELS + (Math.min(ratio, MAX_RATIO) / MAX_RATIO) * BARS);
  const bars = rows.map((row, index) => bar(row, TOP + index * ROW, at));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>Async API beside the limit</title>
<style>${STYLE}</style>
<text x="4" y="18">Ours divided by the limit, measured in the same rounds: median, least and most</text>
<text class="quiet" x="${at(1)}" y="${TOP - 10}" text-anchor="middle">1 ×</text>
<line class="one" x1="${at(1)}" y1="${TOP - 4}" x2="${at(1)}" y2="${height - 6}"/>
${bars.join('\n')}
</svg>
`;
}

function bar({ benchmark, what, ratio, goal, reached }: Result, y: number, at: (ratio: number) => number): string {
  const { median, least, most } = ratio!;
  const middle = y + ROW / 2;
  const kind = reached ? 'reached' : 'missed';
  // A goal of the figure itself, such as milliseconds, has no place on this scale.
  const ratioGoal = goal?.of === 'ratio' ? goal : undefined;
  const aim = ratioGoal && at(ratioGoal.atMost ?? ratioGoal.atLeast!);
  return [
    `<text x="4" y="${middle + 4}">${escapeXml(`${benchmark}: ${what}`)}</text>`,
    `<rect class="${kind}" x="${LABELS}" y="${middle - BAR / 2}" width="${at(median) - LABELS}" height="${BAR}"/>`,
    `<line class="spread" x1="${at(least)}" y1="${middle}" x2="${at(most)}" y2="${middle}"/>`,
    ...(aim === undefined
      ? []
      : [`<line class="goal" x1="${aim}" y1="${middle - 10}" x2="${aim}" y2="${middle + 10}"/>`]),
    `<text class="quiet" x="${LABELS + BARS + 8}" y="${middle + 4}">${escapeXml(
      `${format(median)} ×${ratioGoal ? `, goal ${goalText(ratioGoal)}` : ''}`,
    )}</text>`,
  ].join('');
}
