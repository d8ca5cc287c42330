// The panel as a widget (an anywidget module): for front ends without our extension, and for layouts of widgets.
import '../style/base.css';
import '../style/panel.css';
import '../style/sidebar.css';
import '../style/tabs.css';
import '../style/diff.css';
import '../style/rundoc.css';
import { createRoot } from 'react-dom/client';
import { RunPanel } from './components/RunPanel';
import { english } from './trans';
import { WidgetModel, WidgetRunSource } from './widgetsource';

/** Draw the panel into `el`; the result takes everything back. */
function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const source = new WidgetRunSource(model);
  const root = createRoot(el);
  const draw = () => {
    const view = model.get('view') === 'mini' ? 'mini' : 'full';
    root.render(<RunPanel source={source} trans={english} view={view} />);
  };
  model.on('change:view', draw);
  draw();
  return () => {
    model.off('change:view', draw);
    root.unmount();
    source.dispose();
  };
}

export default { render };
