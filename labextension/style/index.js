// The style that JupyterLab loads when it takes the extension as modules.
import './base.css';
import './charts.css';
import './panel.css';
import './search.css';
import './sidebar.css';
import './tabs.css';
import './tables.css';
import './diff.css';
import './submit.css';
import './rundoc.css';
import './actions.css';
