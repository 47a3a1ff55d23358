// Entry module of every page. Pages are complete without it.
import { createAll, Button, ServiceNavigation, SkipLink } from './vendor/govuk-frontend.min.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
for (const component of [Button, ServiceNavigation, SkipLink]) {
  createAll(component)
}

if (document.querySelector('[data-module="app-table"]')) {
  const { enhanceTables } = await import('./table.js')
  enhanceTables(document)
}
if (document.querySelector('[data-copy]')) {
  const { enhanceCopying } = await import('./copy.js')
  enhanceCopying(document)
}
if (document.querySelector('[data-module="app-chart"]')) {
  const { enhanceCharts } = await import('./chart.js')
  enhanceCharts(document)
}
