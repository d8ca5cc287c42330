// The plugins, one file each: which surfaces there are and what they need of the application. No logic lives here.
import { commandsPlugin } from './plugins/commands';
import { documentsPlugin } from './plugins/documents';
import { mimePlugin } from './plugins/mime';
import { sidebarPlugin } from './plugins/sidebar';
import { studioPlugin } from './plugins/studio';

export default [studioPlugin, mimePlugin, documentsPlugin, sidebarPlugin, commandsPlugin];
