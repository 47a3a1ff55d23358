// The house look of a figure, laid under whatever the figure itself says.
import { CHARACTER, NARROW, barNames, barRows, isHorizontal, wrap } from './chart-bars.js'

const INK = '#0d2429'
const SOFT = '#465a60'
const GRID = '#dbe7ea'
const FONT = 'Inter, "Noto Sans", "Segoe UI", Roboto, Arial, sans-serif'
// Told apart by lightness as well as by hue, for readers who do not see all colours and for grey print.
const COLOURS = ['#0a5966', '#e0a100', '#4ab3c4', '#8a3b5b', '#7d8f2c', '#5a3e85', '#c2603a', '#93a1a6']
const LEGEND_LINE = 24
const LEGEND_SWATCH = 60
const BOTTOM = 58
const PERIOD_LETTERS = 8

function legendHeight (figure, width) {
  if (figure.data.length < 2) return 0
  const longest = Math.max(...figure.data.map(trace => trace.name.length))
  const columns = Math.floor(width / (longest * CHARACTER + LEGEND_SWATCH))
  const lines = columns > 1
    ? Math.ceil(figure.data.length / columns)
    : figure.data.reduce((sum, trace) => sum + legendName(trace, width).length, 0)
  return lines * LEGEND_LINE + 8
}

function legendName (trace, width) {
  return wrap(trace.name, Math.floor((width - LEGEND_SWATCH) / CHARACTER))
}

function topMargin (figure, width) {
  return 8 + legendHeight(figure, width) + (isHorizontal(figure) ? barRows(figure, width).head : 0)
}

export function figureHeight (figure, width) {
  if (!isHorizontal(figure)) return topMargin(figure, width) + (width < NARROW ? 300 : 380)
  const { names, row } = barRows(figure, width)
  return topMargin(figure, width) + row * names.length + BOTTOM
}

function hasNegative (figure) {
  return figure.data.some(trace => (trace.orientation === 'h' ? trace.x : trace.y).some(value => value < 0))
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

function valueAxis (figure) {
  return { rangemode: 'tozero', tickangle: 0, zeroline: hasNegative(figure), zerolinecolor: SOFT }
}

// Periods stand side by side in lines of a few letters; of too many for the width every second, third … is named, and the last.
function timeAxis (figure, width) {
  const names = [...new Set(figure.data.flatMap(trace => trace.x))]
  const labels = names.map(name => wrap(name, PERIOD_LETTERS))
  const letters = Math.max(...labels.flat().map(line => line.length))
  const room = Math.max(2, Math.floor((width - 80) / (letters * CHARACTER + 14)))
  const step = Math.ceil(names.length / room)
  const shown = names.map((_, index) => index).filter(index => (names.length - 1 - index) % step === 0)
  return {
    linecolor: SOFT,
    showgrid: false,
    tickangle: 0,
    ticktext: shown.map(index => labels[index].join('<br>')),
    tickvals: shown.map(index => names[index]),
    type: 'category'
  }
}

function categoryAxis (figure, width) {
  const { above } = barRows(figure, width)
  return {
    autorange: 'reversed',
    linecolor: hasNegative(figure) ? 'rgba(0,0,0,0)' : SOFT,
    showgrid: false,
    showticklabels: !above,
    ticklen: above ? 0 : 6,
    tickcolor: 'rgba(0,0,0,0)',
    type: 'category'
  }
}

// Across the figure; along it where it is too low for that.
function watermark (text, width, height) {
  const across = height > 0.4 * width
  const lines = width < NARROW && across ? text.split(' ') : [text]
  const longest = Math.max(...lines.map(line => line.length))
  const size = Math.min(52, width / longest / 1.4, height / lines.length)
  return {
    font: { color: 'rgba(226, 160, 0, 0.5)', family: FONT, size, weight: 600 },
    showarrow: false,
    text: lines.join('<br>'),
    textangle: across ? -20 : 0,
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
  const inked = figureHeight(figure, width) - topMargin(figure, width) - BOTTOM
  const marks = figure.watermark ? [watermark(figure.watermark, width, inked)] : []
  const rows = horizontal ? barRows(figure, width) : null
  return {
    bargap: rows ? 1 - rows.bars / rows.row : 0.28,
    colorway: COLOURS,
    dragmode: false,
    hoverlabel: { bgcolor: '#ffffff', bordercolor: INK, font: { color: INK, family: FONT, size: 14 }, namelength: -1 },
    legend: {
      itemclick: false,
      itemdoubleclick: false,
      maxheight: 1,
      orientation: 'h',
      traceorder: 'normal',
      x: 0,
      xanchor: 'left',
      xref: 'container',
      y: 1,
      yanchor: 'top',
      yref: 'container'
    },
    margin: { b: horizontal ? BOTTOM : 12, l: 8, r: narrow ? 16 : 24, t: topMargin(figure, width) },
    paper_bgcolor: '#ffffff',
    plot_bgcolor: '#ffffff',
    ...own,
    annotations: [...(horizontal ? barNames(figure, width) : []), ...marks],
    font: { color: INK, family: FONT, size: narrow ? 13 : 14 },
    height: figureHeight(figure, width),
    width,
    xaxis: axis(own.xaxis, horizontal ? valueAxis(figure) : timeAxis(figure, width)),
    yaxis: axis(own.yaxis, horizontal ? categoryAxis(figure, width) : valueAxis(figure))
  }
}

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot', '2px,6px', '10px,3px']
const SYMBOLS = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'x', 'star', 'triangle-down']

export function houseTraces (figure, width) {
  return figure.data.map((original, index) => {
    const trace = { ...original, name: legendName(original, width).join('<br>') }
    if (trace.type === 'bar') return trace
    return {
      connectgaps: false,
      mode: 'lines+markers',
      ...trace,
      line: { dash: DASHES[index % DASHES.length], width: 2.5, ...trace.line },
      marker: { size: 7, symbol: SYMBOLS[index % SYMBOLS.length], ...trace.marker }
    }
  })
}
