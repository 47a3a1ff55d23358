// Where the names of horizontal bars stand: beside the bars, or above them where there is no room beside.
export const NARROW = 560
export const CHARACTER = 7.8
const LINE = 17
const LARGEST_SHARE = 0.4

export function isHorizontal (figure) {
  return figure.data.some(trace => trace.type === 'bar' && trace.orientation === 'h')
}

function categories (figure) {
  return [...new Set(figure.data.flatMap(trace => (trace.orientation === 'h' ? trace.y : [])))]
}

export function wrap (label, length) {
  const lines = ['']
  for (const word of String(label).split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim()
    if (line.length > length && lines.at(-1)) lines.push(word)
    else lines[lines.length - 1] = line
  }
  return lines
}

// Sizes in pixels: `row` is one bar or group of bars with its name, `bars` its inked part, `head` what the first name needs.
export function barRows (figure, width) {
  const names = categories(figure)
  const longest = Math.max(0, ...names.map(name => String(name).length))
  const above = width < NARROW || longest * CHARACTER > LARGEST_SHARE * width
  const grouped = (figure.layout?.barmode ?? 'group') === 'group' ? figure.data.length : 1
  const bars = grouped > 1 ? 13 * grouped : 18
  const labels = names.map(name => wrap(name, Math.floor((width - 24) / CHARACTER)))
  const lines = Math.max(1, ...labels.map(label => label.length))
  const row = above ? bars + LINE * lines + 12 : bars + 9
  return { names, labels, above, bars, row, head: above ? Math.max(0, LINE * lines + 4 - (row - bars) / 2) : 0 }
}

export function barNames (figure, width) {
  const { names, labels, above, bars } = barRows(figure, width)
  if (!above) return []
  return names.map((name, index) => ({
    align: 'left',
    bgcolor: '#ffffff',
    borderpad: 0,
    showarrow: false,
    text: labels[index].join('<br>'),
    x: 0,
    xanchor: 'left',
    xref: 'paper',
    xshift: 3,
    y: name,
    yanchor: 'bottom',
    yref: 'y',
    yshift: bars / 2
  }))
}
