// The plugins, one file each: which surfaces there are and what they need of the application. No logic lives here.
import { codePlugin } from './plugins/code';
import { commandsPlugin } from './plugins/commands';
import { documentsPlugin } from './plugins/documents';
import { mimePlugin } from './plugins/mime';
import { notebookPlugin } from './plugins/notebook';
import { notificationsPlugin } from './plugins/notifications';
import { runningPlugin } from './plugins/running';
import { sidebarPlugin } from './plugins/sidebar';
import { statusBarPlugin } from './plugins/statusbar';
import { studioPlugin } from './plugins/studio';
import { submitPlugin } from './plugins/submit';
import { tablesPlugin } from './plugins/tables';

export default [
  studioPlugin,
  mimePlugin,
  documentsPlugin,
  codePlugin,
  sidebarPlugin,
  commandsPlugin,
  submitPlugin,
  notebookPlugin,
  runningPlugin,
  statusBarPlugin,
  notificationsPlugin,
  tablesPlugin
];
