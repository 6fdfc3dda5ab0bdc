import { useEffect, useId, useRef, useState, type DragEvent } from "react";
import { detectFile, detectText, leastLeft, usage, type Left } from "../api";
import { Problem, SignedOut, useAuth } from "../auth";
import { changeDraft, useDraft, type Result } from "../draft";
import { explain } from "../errors";
import { KINDS, MOST_BYTES, isReadable, readHere } from "../file";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { Page } from "../parts/Page";
import { Countdown, useSecondsLeft } from "../parts/Wait";
import { hour } from "../time";
import { countChars, countWords, number } from "../words";
import { Asking } from "./detect/Asking";
import { Report } from "./detect/Report";
import "./detect/detect.css";

export default function Detect() {
  const { fetch } = useAuth();
  const draft = useDraft();
  const { text, file, result } = draft;
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const waiting = useSecondsLeft(draft.waitUntil) > 0;
  const report = useRef<HTMLHeadingElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  useEffect(() => {
    const leaving = new AbortController();
    // Nice to know, and no more: without it the first check tells.
    usage(fetch, leaving.signal).then(
      (used) => {
        know(leastLeft(used));
        changeDraft({ providers: used.second_opinion.providers });
      },
      () => undefined,
    );
    return () => leaving.abort();
  }, [fetch]);

  const complain = (what: string) => {
    setProblem(what);
    box.current?.focus();
  };

  const check = async () => {
    if (busy || waiting) return;
    setFailure(null);
    setProblem(null);
    if (!file && text.trim() === "") return complain("Paste a text or choose a file first.");
    const chars = countChars(text);
    if (!file && chars > MOST_CHARS) {
      return complain(`The text is ${number.format(chars - MOST_CHARS)} characters too long. Check it in parts.`);
    }
    setBusy(true);
    const leaving = (running.current = new AbortController());
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(60_000)]);
    try {
      const asking = draft.ask && (draft.providers ?? []).length > 0;
      const detection = await (file ? detectFile(fetch, file, asking, signal) : detectText(fetch, text, asking, signal));
      const done: Result = { detection, text: detection.document?.text ?? text, name: file?.name ?? null, at: new Date() };
      changeDraft({ result: done });
      know(detection.usage ?? null);
      // After the report is there.
      setTimeout(() => report.current?.focus());
    } catch (error) {
      if (leaving.signal.aborted || error instanceof SignedOut) return;
      if (error instanceof Problem && error.status === 429 && error.retryAfter !== null) {
        changeDraft({ waitUntil: Date.now() + error.retryAfter * 1_000 });
      } else if (error instanceof Problem && INPUT.has(error.code)) {
        complain(error.fields[0]?.message ?? error.detail);
      } else {
        setFailure(error);
      }
    } finally {
      setBusy(false);
    }
  };

  const take = async (taken: File) => {
    setFailure(null);
    setProblem(null);
    if (!isReadable(taken.name)) return complain(`“${taken.name}” is of a kind that can't be read. Take one of ${KINDS.join(", ")}.`);
    if (taken.size > MOST_BYTES) return complain(`“${taken.name}” is larger than 5 MiB. Take out pictures, or paste the text.`);
    const read = await readHere(taken);
    changeDraft(read === null ? { file: taken, text: "" } : { file: null, text: read });
    box.current?.focus();
  };

  return (
    <Page title="Check a text" lead="How likely is it that a machine wrote it? English texts of 50 words or more.">
      <div className="editor no-print">
        <Editor
          box={box}
          text={text}
          file={file}
          problem={problem}
          onText={(value) => {
            setProblem(null);
            changeDraft({ text: value });
          }}
          onFile={(taken) => void take(taken)}
          onClear={() => {
            setProblem(null);
            setFailure(null);
            changeDraft({ text: "", file: null });
            box.current?.focus();
          }}
          onSubmit={() => void check()}
        />
        <Asking providers={draft.providers} checked={draft.ask} onChange={(ask) => changeDraft({ ask })} />
        <div className="editor-actions">
          <Button onClick={() => void check()} busy={busy} disabled={waiting}>
            {busy ? "Checking" : "Check the text"}
          </Button>
          <Quota waitUntil={waiting ? draft.waitUntil : null} />
        </div>
        {waiting && draft.waitUntil !== null && (
          <Notice tone="warn" title="Your checks are used up for now">
            There is room again in <Countdown until={draft.waitUntil} />. Your text stays here as long as this tab is open.
          </Notice>
        )}
        {failure !== null && (
          <Notice tone="error" title={explain(failure).title}>
            {explain(failure).text}
          </Notice>
        )}
        <p className="hidden" role="status">
          {busy ? "The text is being checked." : ""}
        </p>
      </div>
      {result ? <Report result={result} heading={report} busy={busy} /> : <Empty busy={busy} />}
    </Page>
  );
}

function Editor({
  box,
  text,
  file,
  problem,
  onText,
  onFile,
  onClear,
  onSubmit,
}: {
  box: React.RefObject<HTMLTextAreaElement | null>;
  text: string;
  file: File | null;
  problem: string | null;
  onText: (text: string) => void;
  onFile: (file: File) => void;
  onClear: () => void;
  onSubmit: () => void;
}) {
  const id = useId();
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const words = countWords(text);
  const chars = countChars(text);

  const drag = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      const [dropped] = event.dataTransfer.files;
      setOver(false);
      if (!dropped) return;
      event.preventDefault();
      onFile(dropped);
    },
  };

  return (
    <div className="sheet" data-over={over || undefined} data-invalid={problem !== null || undefined} {...drag}>
      <div className="sheet-head">
        <label className="label" htmlFor={`${id}text`}>
          {file ? "File" : "Text"}
        </label>
        <div className="sheet-tools">
          <input
            ref={picker}
            type="file"
            className="hidden"
            tabIndex={-1}
            aria-hidden="true"
            accept={KINDS.join()}
            data-testid="file"
            onChange={(event) => {
              const [chosen] = event.target.files ?? [];
              if (chosen) onFile(chosen);
              event.target.value = "";
            }}
          />
          <Button kind="quiet" onClick={() => picker.current?.click()}>
            Choose a file
          </Button>
          <Button kind="quiet" onClick={onClear} disabled={text === "" && file === null}>
            Clear
          </Button>
        </div>
      </div>
      {file && (
        <p className="sheet-file">
          <Icon name="file" />
          <span>
            <strong>{file.name}</strong>
            <br />
            {number.format(Math.max(1, Math.round(file.size / 1024)))} KiB. Its text is read by the service when you check it.
          </span>
        </p>
      )}
      <textarea
        ref={box}
        id={`${id}text`}
        className="sheet-text"
        value={text}
        placeholder={file ? "" : "Paste a text here, or drop a file: .txt, .md, .docx, .pdf"}
        readOnly={file !== null}
        spellCheck={false}
        aria-describedby={`${id}count ${id}problem`}
        aria-invalid={problem !== null || undefined}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSubmit();
        }}
      />
      <div className="sheet-foot">
        <p id={`${id}count`} className="count" data-over={chars > MOST_CHARS || undefined}>
          {file ? (
            "Words are counted when the file is read."
          ) : (
            <>
              <span className="figure">{number.format(words)}</span> {words === 1 ? "word" : "words"}
              {words > 0 && words < 50 && " · 50 are needed for a verdict"}
              {chars > MOST_CHARS * 0.9 && ` · ${number.format(chars)} of ${number.format(MOST_CHARS)} characters`}
            </>
          )}
        </p>
        <p className="count keys">Ctrl + Enter checks it</p>
      </div>
      <p id={`${id}problem`} className="field-error" role={problem ? "alert" : undefined}>
        {problem}
      </p>
      <p className="sheet-drop" aria-hidden="true">
        Drop the file here
      </p>
    </div>
  );
}

/** Keeps what is left of the limit, and the wait when that is nothing. */
function know(left: Left | null) {
  changeDraft({ left, waitUntil: left?.remaining === 0 ? new Date(left.resets_at).getTime() : null });
}

function Quota({ waitUntil }: { waitUntil: number | null }) {
  const { left } = useDraft();
  if (waitUntil !== null) return <p className="quota">No checks left until {hour(waitUntil)}</p>;
  if (!left || left.remaining === 0) return <p className="quota">&nbsp;</p>;
  return (
    <p className="quota">
      <strong>
        {number.format(left.remaining)} of {number.format(left.limit)}
      </strong>{" "}
      checks left
      {left.remaining < left.limit && ` · one more at ${hour(left.resets_at)}`}
    </p>
  );
}

function Empty({ busy }: { busy: boolean }) {
  if (busy) {
    return (
      <div className="no-print" aria-hidden="true">
        <div className="skeleton skeleton-title" />
        <div className="skeleton skeleton-block" />
      </div>
    );
  }
  return (
    <section className="empty no-print" aria-label="What you will get">
      <h2>What you will get</h2>
      <ul>
        <li>How likely a machine wrote the text, and how often such a verdict is wrong</li>
        <li>Each sentence shaded by its own likelihood</li>
        <li>What spoke for and against, and characters that were put in to mislead</li>
      </ul>
    </section>
  );
}

/** The Worker's own bound is a setting; it has the last word. */
const MOST_CHARS = 100_000;

/** Refusals of what was sent: they belong to the field. */
const INPUT = new Set([
  "invalid_input",
  "text_too_long",
  "body_too_large",
  "unsupported_file",
  "unreadable_file",
  "protected_file",
  "no_text_in_file",
  "file_too_large",
  "invalid_multipart",
]);
