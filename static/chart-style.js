// The house look of a figure, laid under whatever the figure itself says.
const INK = '#0d2429'
const SOFT = '#465a60'
const GRID = '#dbe7ea'
const FONT = 'Inter, "Noto Sans", "Segoe UI", Roboto, Arial, sans-serif'
// Told apart by lightness as well as by hue, for readers who do not see all colours and for grey print.
const COLOURS = ['#0a5966', '#e0a100', '#4ab3c4', '#8a3b5b', '#7d8f2c', '#5a3e85']
const NARROW = 560
const LABEL_LENGTH = 16

function isHorizontal (figure) {
  return figure.data.some(trace => trace.type === 'bar' && trace.orientation === 'h')
}

function categories (figure) {
  return [...new Set(figure.data.flatMap(trace => (trace.orientation === 'h' ? trace.y : [])))]
}

function wrap (label) {
  const lines = ['']
  for (const word of String(label).split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim()
    if (line.length > LABEL_LENGTH && lines.at(-1)) lines.push(word)
    else lines[lines.length - 1] = line
  }
  return lines.join('<br>')
}

function barsPerCategory (figure) {
  return (figure.layout?.barmode ?? 'group') === 'group' ? figure.data.length : 1
}

export function figureHeight (figure, width) {
  if (figure.layout?.height) return figure.layout.height
  if (!isHorizontal(figure)) return width < NARROW ? 320 : 400
  const lines = width < NARROW ? Math.max(1, ...categories(figure).map(name => wrap(name).split('<br>').length)) : 1
  const row = Math.max(12 + 15 * lines, 14 + 13 * barsPerCategory(figure))
  return 70 + row * categories(figure).length
}

function axis (own = {}, extra = {}) {
  const title = typeof own.title === 'string' ? { text: own.title } : own.title
  return {
    automargin: true,
    fixedrange: true,
    gridcolor: GRID,
    tickfont: { color: INK },
    zeroline: false,
    ...extra,
    ...own,
    title: { font: { color: SOFT, size: 13 }, standoff: 12, ...title }
  }
}

function valueAxis (nticks) {
  return { nticks, rangemode: 'tozero', separatethousands: true }
}

// plotly would read years as numbers and put ticks between them.
function timeAxis (figure, narrow) {
  const labels = figure.data.flatMap(trace => trace.x)
  const names = figure.data.every(trace => trace.type === 'bar') || labels.every(label => /^\d{4}$/.test(label))
  return { linecolor: SOFT, nticks: narrow ? 4 : 12, showgrid: false, ...(names ? { type: 'category' } : {}) }
}

function categoryAxis (figure, width) {
  const names = categories(figure)
  return {
    autorange: 'reversed',
    linecolor: SOFT,
    showgrid: false,
    ticklen: 6,
    tickcolor: 'rgba(0,0,0,0)',
    tickmode: 'array',
    tickvals: names,
    ticktext: width < NARROW ? names.map(wrap) : names,
    type: 'category'
  }
}

function watermark (text, width) {
  const lines = width < NARROW ? text.split(' ') : [text]
  const longest = Math.max(...lines.map(line => line.length))
  return {
    font: { color: 'rgba(226, 160, 0, 0.5)', family: FONT, size: Math.min(52, width / longest / 1.4), weight: 600 },
    showarrow: false,
    text: lines.join('<br>'),
    textangle: -20,
    x: 0.5,
    xref: 'paper',
    y: 0.5,
    yref: 'paper'
  }
}

export function houseLayout (figure, width) {
  const own = figure.layout ?? {}
  const horizontal = isHorizontal(figure)
  const narrow = width < NARROW
  const marks = figure.watermark ? [watermark(figure.watermark, width)] : []
  return {
    bargap: 0.28,
    colorway: COLOURS,
    dragmode: false,
    hoverlabel: { bgcolor: '#ffffff', bordercolor: INK, font: { color: INK, family: FONT, size: 14 }, namelength: -1 },
    legend: { orientation: 'h', x: 0, xanchor: 'left', y: 1.02, yanchor: 'bottom', itemclick: false, itemdoubleclick: false, traceorder: 'normal' },
    margin: { b: 12, l: 8, r: narrow ? 12 : 24, t: figure.data.length > 1 ? 44 : 8 },
    paper_bgcolor: '#ffffff',
    plot_bgcolor: '#ffffff',
    showlegend: figure.data.length > 1,
    ...own,
    annotations: [...(own.annotations ?? []), ...marks],
    font: { color: INK, family: FONT, size: narrow ? 12 : 14, ...own.font },
    height: figureHeight(figure, width),
    title: undefined,
    width,
    xaxis: axis(own.xaxis, horizontal ? valueAxis(narrow ? 4 : 8) : timeAxis(figure, narrow)),
    yaxis: axis(own.yaxis, horizontal ? categoryAxis(figure, width) : valueAxis(6))
  }
}

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot']
const SYMBOLS = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'x']

export function houseTraces (figure) {
  return figure.data.map((trace, index) => {
    if (trace.type === 'bar') return { cliponaxis: false, textposition: 'auto', ...trace }
    return {
      connectgaps: false,
      mode: 'lines+markers',
      ...trace,
      line: { dash: DASHES[index % DASHES.length], width: 2.5, ...trace.line },
      marker: { size: 7, symbol: SYMBOLS[index % SYMBOLS.length], ...trace.marker }
    }
  })
}
