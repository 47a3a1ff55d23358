// Sorts a whole table in the browser where the server would otherwise be asked for the same rows in another order.
const NEXT = { ascending: 'descending', descending: 'ascending' }
const ORDER = { ascending: 'asc', descending: 'desc' }

function sortKey (cell, numeric) {
  const text = cell.dataset.sort ?? cell.textContent.trim()
  if (!numeric) return text
  return text === '' ? null : Number(text)
}

function compare (left, right, sign, collator) {
  const missing = (left === null) - (right === null)
  if (missing || left === null) return missing
  return sign * (typeof left === 'number' ? left - right : collator.compare(left, right))
}

function sortRows (table, column, numeric, direction) {
  const body = table.tBodies[0]
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true })
  const sign = direction === 'ascending' ? 1 : -1
  const keyed = Array.from(body.rows, row => ({ row, key: sortKey(row.cells[column], numeric) }))
  keyed.sort((a, b) => compare(a.key, b.key, sign, collator))
  body.append(...keyed.map(({ row }) => row))
}

function setOrder (link, direction) {
  const url = new URL(link.href)
  url.searchParams.set('order', ORDER[direction])
  link.href = url
}

function markSorted (table, header, direction) {
  for (const other of table.tHead.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort')
  header.setAttribute('aria-sort', direction)
}

function enhance (table) {
  const status = table.closest('[data-table]').querySelector('[role="status"]')
  for (const link of table.tHead.querySelectorAll('a.app-table__sort')) {
    link.addEventListener('click', event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      const header = link.closest('th')
      const numeric = header.dataset.numeric !== undefined
      const direction = NEXT[header.getAttribute('aria-sort')] ?? (numeric ? 'descending' : 'ascending')
      sortRows(table, header.cellIndex, numeric, direction)
      markSorted(table, header, direction)
      setOrder(link, direction)
      history.replaceState(null, '', link.href)
      setOrder(link, NEXT[direction])
      status.textContent = `${link.textContent.trim()}: ${status.dataset[direction]}`
    })
  }
}

export function enhanceTables (root) {
  root.querySelectorAll('[data-module="app-table"]').forEach(enhance)
}
