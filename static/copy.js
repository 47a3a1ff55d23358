// Copies a block of code. Where the clipboard is out of reach the block is selected, ready for the reader's own keys.
function select (element) {
  const range = document.createRange()
  range.selectNodeContents(element)
  const selection = getSelection()
  selection.removeAllRanges()
  selection.addRange(range)
}

async function copy (button, code, status) {
  try {
    await navigator.clipboard.writeText(code.textContent)
    status.textContent = button.dataset.copied
  } catch {
    select(code)
    status.textContent = button.dataset.selected
  }
}

export function enhanceCopying (root) {
  for (const button of root.querySelectorAll('[data-copy]')) {
    const code = document.getElementById(button.dataset.copy)
    button.addEventListener('click', () => copy(button, code, button.nextElementSibling))
    button.hidden = false
  }
}
