// The submit dialog: asks until the server has taken the script or the person gives up.
import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { JSX } from 'react';
import { messageOf } from './api';
import { SubmitFields, SubmitFieldsProps } from './components/SubmitFields';
import type { RunData } from './run';
import type { Studio } from './studio';
import { EMPTY_FORM, experimentFor, isScript, requestOf, SubmitForm } from './submission';

const REMEMBERED = 'submitted';
const MOST_REMEMBERED = 50;

class SubmitBody extends ReactWidget implements Dialog.IBodyWidget<SubmitForm> {
  constructor(private readonly fields: Omit<SubmitFieldsProps, 'onForm'>) {
    super();
    this._form = fields.initial;
  }

  getValue(): SubmitForm {
    return this._form;
  }

  protected override render(): JSX.Element {
    return <SubmitFields {...this.fields} onForm={form => (this._form = form)} />;
  }

  private _form: SubmitForm;
}

/** What was typed last time for the same script. Environment variables are not kept: they may be secrets. */
async function remembered(studio: Studio): Promise<Record<string, Partial<SubmitForm>>> {
  const found = await studio.state.get(REMEMBERED);
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Record<string, Partial<SubmitForm>>)
    : {};
}

async function remember(studio: Studio, form: SubmitForm): Promise<void> {
  const others = Object.entries(await remembered(studio)).filter(([path]) => path !== form.path);
  const rest = others.slice(-MOST_REMEMBERED + 1);
  const kept = { ...form, variables: '' };
  const all = Object.fromEntries([...rest, [form.path, kept]]);
  studio.state.set(REMEMBERED, all as unknown as ReadonlyPartialJSONObject);
}

/** Ask for a script and run it; null when the person gave up. */
export async function submitDialog(studio: Studio, path: string): Promise<RunData | null> {
  const { model, list, trans } = studio;
  await model.start();
  const [names, past] = await Promise.all([
    model.api.experiments(list.workspace).then(
      found => found.map(one => one.name),
      () => []
    ),
    remembered(studio)
  ]);
  const experiment = isScript(path) ? experimentFor(path) : '';
  let form: SubmitForm = { ...EMPTY_FORM, experiment, ...past[path], path };
  let problem: string | null = null;
  for (;;) {
    const targets = model.status?.targets ?? ['local'];
    const fields = { api: model.api, trans, experiments: names, targets };
    const body = new SubmitBody({ ...fields, initial: form, problem });
    const result = await showDialog({
      title: trans.__('Submit as a run'),
      body,
      focusNodeSelector: '[data-first]',
      buttons: [
        Dialog.cancelButton({ label: trans.__('Discard') }),
        Dialog.okButton({ label: trans.__('Submit') })
      ]
    });
    if (!result.button.accept || !result.value) {
      return null;
    }
    form = result.value;
    try {
      const run = await model.api.submit(list.workspace, requestOf(form, trans));
      model.publish(run);
      await remember(studio, form);
      return run;
    } catch (error) {
      problem = messageOf(error);
    }
  }
}
