// Draws the figures of a page with plotly, which is fetched only when the first of them comes near the viewport.
import { figureHeight, houseLayout, houseTraces } from './chart-style.js'
import { downloadPng } from './chart-png.js'

const CONFIG = {
  displayModeBar: false,
  displaylogo: false,
  showSendToCloud: false,
  responsive: true,
  // plotly would ask its own CDN for base maps; no map is drawn here, and connect-src would refuse it.
  topojsonURL: new URL('./vendor/', import.meta.url).href
}

// Its own messages are never seen: there is no tool bar, and nothing can be edited. The server writes all numbers.
const LOCALES = ['kk', 'ru'].map(name => ({
  moduleType: 'locale', name, dictionary: {}, format: { decimal: ',', thousands: '\u00a0' }
}))

let plotly

function stylesheet () {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = new URL('./vendor/plotly.css', import.meta.url)
    // With this id and class plotly takes its rules from the file instead of adding inline ones, which the CSP refuses.
    link.id = 'plotly.js-style-global'
    link.className = 'no-inline-styles'
    link.onload = resolve
    link.onerror = reject
    document.head.append(link)
  })
}

function script () {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script')
    element.src = new URL('./vendor/plotly-basic.min.js', import.meta.url)
    element.onload = () => resolve(window.Plotly)
    element.onerror = reject
    document.head.append(element)
  })
}

function loadPlotly () {
  plotly ??= Promise.all([script(), stylesheet(), document.fonts.ready]).then(([Plotly]) => {
    Plotly.register(LOCALES)
    return Plotly
  })
  return plotly
}

function readFigure (element) {
  const figure = JSON.parse(element.querySelector('script[type="application/json"]').textContent)
  return { ...figure, watermark: figure.synthetic ? element.dataset.watermark : null }
}

async function draw (element) {
  const plot = element.querySelector('[data-chart-plot]')
  const Plotly = await loadPlotly()
  const figure = readFigure(element)
  const render = () => {
    const width = plot.clientWidth
    return Plotly.react(plot, houseTraces(figure, width), houseLayout(figure, width), {
      ...CONFIG, locale: document.documentElement.lang
    })
  }
  await render()
  let drawnWidth = plot.clientWidth
  new ResizeObserver(() => {
    if (plot.clientWidth === drawnWidth || plot.clientWidth === 0) return
    drawnWidth = plot.clientWidth
    render()
  }).observe(plot)
  const button = element.querySelector('[data-chart-download]')
  button.addEventListener('click', () => downloadPng(Plotly, plot, {
    name: button.dataset.chartDownload,
    title: element.querySelector('.app-chart__title').textContent.replace(/\s+/g, ' ').trim(),
    source: element.querySelector('[data-chart-source]')?.textContent ?? ''
  }))
  button.hidden = false
}

async function drawOrExplain (element) {
  const plot = element.querySelector('[data-chart-plot]')
  const fallback = element.querySelector('[data-chart-fallback]')
  try {
    await draw(element)
  } catch (error) {
    console.error(error)
    plot.hidden = true
    fallback.hidden = false
  }
}

function reserve (element) {
  const plot = element.querySelector('[data-chart-plot]')
  element.querySelector('[data-chart-fallback]').hidden = true
  plot.hidden = false
  plot.style.minHeight = `${figureHeight(readFigure(element), plot.clientWidth)}px`
}

export function enhanceCharts (root) {
  const observer = new IntersectionObserver(entries => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      observer.unobserve(target)
      drawOrExplain(target)
    }
  }, { rootMargin: '400px 0px' })
  for (const element of root.querySelectorAll('[data-module="app-chart"]')) {
    reserve(element)
    observer.observe(element)
  }
}
