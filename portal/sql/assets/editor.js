// The SQL editor. Without this script the form is a plain text area, and works.
(() => {
  const input = document.querySelector("textarea#sql-editor");
  const shown = document.querySelector("pre#sql-query");
  const format = document.querySelector("button#sql-format");
  let editor = null;
  if (input) {
    editor = CodeMirror.fromTextArea(input, { lineNumbers: true, mode: "text/x-sql", lineWrapping: true });
    // Tab must leave the editor, for those who have no mouse.
    editor.setOption("extraKeys", { "Shift-Enter": () => input.form.submit(), Tab: false });
    editor.getInputField().setAttribute("aria-label", "SQL");
  }
  if (!format || (!editor && !shown)) {
    return;
  }
  format.hidden = false;
  format.addEventListener("click", () => {
    if (editor) {
      editor.setValue(sqlFormatter.format(editor.getValue()));
    } else {
      shown.textContent = sqlFormatter.format(shown.textContent);
    }
  });
})();
