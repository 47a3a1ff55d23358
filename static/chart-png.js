// plotly's own PNG export goes through a blob: image, which the CSP refuses; a data: image is allowed.
const SCALE = 2
const HEAD = 44
const FOOT = 52
const MARGIN = 12

function loadImage (source) {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image)
    image.onerror = reject
    image.src = source
  })
}

function save (blob, name) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${name}.png`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}

function write (context, text, y, font, colour, width) {
  context.font = font
  context.fillStyle = colour
  context.fillText(text, MARGIN, y, width - 2 * MARGIN)
}

// The picture carries its title, source and address, for it will travel without the page.
export async function downloadPng (Plotly, plot, { name, title, source }) {
  const width = plot.clientWidth
  const height = plot.layout.height
  const image = await loadImage(await Plotly.toImage(plot, { format: 'svg', width, height }))
  const canvas = document.createElement('canvas')
  canvas.width = width * SCALE
  canvas.height = (HEAD + height + FOOT) * SCALE
  const context = canvas.getContext('2d')
  context.scale(SCALE, SCALE)
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, width, HEAD + height + FOOT)
  context.drawImage(image, 0, HEAD, width, height)
  write(context, title, 28, '600 18px Inter, sans-serif', '#0d2429', width)
  write(context, source, HEAD + height + 20, '13px Inter, sans-serif', '#465a60', width)
  write(context, location.origin + location.pathname, HEAD + height + 40, '13px Inter, sans-serif', '#465a60', width)
  canvas.toBlob(blob => save(blob, name))
}
