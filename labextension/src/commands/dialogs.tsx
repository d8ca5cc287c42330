// The questions that commands ask: yes or no about some runs, a text, a number that must be typed. Fields take the focus by
// themselves: the dialog gives it only when the browser has nothing else to do.
import { Dialog, ReactWidget, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { JSX, useState } from 'react';
import { messageOf } from '../api';
import { Prose } from '../components/Prose';
import type { RunData } from '../run';
import type { Translate } from '../tokens';
import { TransContext } from '../trans';

const NAMED = 5;

/** The first names, and how many more there are. */
export function namesOf(runs: readonly Pick<RunData, 'name'>[], trans: Translate): string {
  const names = runs.slice(0, NAMED).map(run => run.name);
  const more = runs.length - names.length;
  const listed = names.join(', ');
  return more > 0 ? trans.__('%1 and %2 more', listed, more) : listed;
}

interface Question {
  title: string;
  body: string;
  yes: string;
  no: string;
}

/** Resolves with whether the answer is yes; Esc is no. */
export async function ask(question: Question): Promise<boolean> {
  const { title, body, yes, no } = question;
  const buttons = [Dialog.cancelButton({ label: no }), Dialog.warnButton({ label: yes })];
  const answer = await showDialog({ title, body, buttons });
  return answer.button.accept;
}

/** What a person can type into a form, and why the last text was refused. */
export interface FieldProps {
  label: string;
  value: string;
  problem: string | null;
  onChange: (text: string) => void;
}

function FormBody(props: Omit<FieldProps, 'onChange'> & FormBodyProps): JSX.Element {
  const { field: Field, onText, trans, ...rest } = props;
  const [value, setValue] = useState(rest.value);
  const onChange = (text: string) => {
    onText(text);
    setValue(text);
  };
  return (
    <TransContext.Provider value={trans}>
      <Field {...rest} onChange={onChange} value={value} />
    </TransContext.Provider>
  );
}

interface FormBodyProps {
  field: (props: FieldProps) => JSX.Element;
  onText: (text: string) => void;
  trans: Translate;
}

class Form extends ReactWidget {
  constructor(
    private readonly options: Omit<FieldProps, 'onChange'> & Omit<FormBodyProps, 'onText'>
  ) {
    super();
    this.addClass('jp-jr');
    this.addClass('jp-jr-form');
    this._value = options.value;
  }

  getValue(): string {
    return this._value;
  }

  protected override render(): JSX.Element {
    return <FormBody {...this.options} onText={text => (this._value = text)} />;
  }

  private _value: string;
}

export interface FormOptions {
  title: string;
  label: string;
  value: string;
  ok: string;
  no?: string;
  trans: Translate;
  /** Draws the field; a single line by default. */
  field?: (props: FieldProps) => JSX.Element;
  isDangerous?: boolean;
}

/**
 * Ask for a text and hand it over; what is refused is shown above the text, which stays as it was typed.
 * Resolves with whether it was taken.
 */
export async function fill(
  options: FormOptions,
  take: (text: string) => Promise<void>
): Promise<boolean> {
  const { title, label, ok, trans, field = TextField } = options;
  let { value } = options;
  let problem: string | null = null;
  for (;;) {
    const body = new Form({ label, value, problem, field, trans });
    const accept = options.isDangerous ? Dialog.warnButton : Dialog.okButton;
    const answer = await showDialog<string>({
      title,
      body,
      buttons: [
        Dialog.cancelButton({ label: options.no ?? trans.__('Discard') }),
        accept({ label: ok })
      ],
      focusNodeSelector: 'input, textarea'
    });
    if (!answer.button.accept) {
      return false;
    }
    value = answer.value ?? '';
    try {
      await take(value);
      return true;
    } catch (error) {
      problem = messageOf(error);
    }
  }
}

/** Why a text was refused. */
export function Problem({ text }: { text: string | null }): JSX.Element | null {
  return text === null ? null : (
    <div className="jp-jr-problem" role="alert">
      <Prose text={text} />
    </div>
  );
}

function TextField(props: FieldProps): JSX.Element {
  const { label, value, problem, onChange } = props;
  return (
    <>
      <Problem text={problem} />
      <label className="jp-jr-field">
        {label}
        <input
          aria-invalid={problem !== null}
          autoFocus
          className="jp-jr-input"
          maxLength={256}
          onChange={event => onChange(event.target.value)}
          value={value}
        />
      </label>
    </>
  );
}

/** Several lines; Enter begins a new one. */
export function LongField(props: FieldProps): JSX.Element {
  const { label, value, problem, onChange } = props;
  return (
    <>
      <Problem text={problem} />
      <label className="jp-jr-field">
        {label}
        <textarea
          aria-invalid={problem !== null}
          autoFocus
          className="jp-jr-input"
          maxLength={5000}
          onChange={event => onChange(event.target.value)}
          rows={5}
          value={value}
        />
      </label>
    </>
  );
}

/** One line about what went wrong. */
export async function complain(title: string, error: unknown): Promise<void> {
  await showErrorMessage(title, messageOf(error));
}

/** One line for each run that something went wrong with. */
export async function complainOf(
  title: string,
  failed: readonly { name: string; message: string }[],
  trans: Translate
): Promise<void> {
  const more = failed.length - NAMED;
  const body = ReactWidget.create(
    <ul className="jp-jr-failed">
      {failed.slice(0, NAMED).map(({ name, message }, i) => (
        <li key={i}>
          <strong>{name}</strong>: <Prose text={message} />
        </li>
      ))}
      {more > 0 && <li>{trans._n('and %1 more', 'and %1 more', more)}</li>}
    </ul>
  );
  body.addClass('jp-jr');
  await showDialog({ title, body, buttons: [Dialog.okButton({ label: trans.__('Close') })] });
}
