"""Every status is a word, and the word can be read, in every theme that JupyterLab has."""

from __future__ import annotations

# WCAG contrast of the text in an element with what is behind it.
CONTRAST = """element => {
  const numbers = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = rgb => rgb
    .slice(0, 3)
    .map(c => c / 255)
    .map(c => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode().parentElement;
  let behind = text;
  let colour = [255, 255, 255];
  for (; behind; behind = behind.parentElement) {
    const [r, g, b, alpha = 1] = numbers(getComputedStyle(behind).backgroundColor);
    if (alpha === 1) {
      colour = [r, g, b];
      break;
    }
  }
  const [one, other] = [luminance(numbers(getComputedStyle(text).color)), luminance(colour)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}"""


def test_every_status_is_a_word_with_enough_contrast_in_every_theme(lab):
    notebook = lab.notebook(
        "contrast.ipynb",
        "%load_ext jupyter_runs",
        "%%run_experiment contrast --name good\nrun.log('x', 1)",
        "%%run_experiment contrast --name bad\nraise ValueError('no')",
        "%%run_experiment contrast --name dropped\nrun.cancel()",
    )
    notebook.run_to_end(0)
    words = {1: "Completed", 2: "Failed", 3: "Canceled"}
    panels = [notebook.run_to_end(number).panel.reads(word) for number, word in words.items()]
    for theme in ("JupyterLab Dark", "JupyterLab Dark High Contrast", "JupyterLab Light"):
        notebook.theme(theme)
        for panel in panels:
            assert panel.status.evaluate(CONTRAST) >= 4.5, (theme, panel.status.inner_text())
