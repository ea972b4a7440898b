import { useEffect, useRef, useState } from 'preact/hooks';
import { download, saveAs } from '../media/download';
import { Icon } from '../parts/Icon';
import { saying } from '../parts/saying';
import { bytes } from '../text/format';
import { text } from '../text/language';

type Progress = { is: 'idle' } | { is: 'running'; done: number; all: number } | { is: 'done'; size: number } | { is: 'handed' } | { is: 'failed'; why: string };

/** One download with its progress; it ends with the panel. */
export function Download({ path, name }: { path: string; name: string }) {
    const words = text.value.range;
    const [progress, setProgress] = useState<Progress>({ is: 'idle' });
    const running = useRef<AbortController | null>(null);
    useEffect(() => () => running.current?.abort(), []);

    async function start() {
        const stop = running.current = new AbortController();
        setProgress({ is: 'running', done: 0, all: 0 });
        try {
            const file = await download(path, (done, all) => setProgress({ is: 'running', done, all }), stop.signal);
            if (file === null) {
                saveAs(`/api/v1/${path}`, name);
                return setProgress({ is: 'handed' });
            }
            const address = URL.createObjectURL(file);
            saveAs(address, name);
            window.setTimeout(() => URL.revokeObjectURL(address), 60_000);         // the browser reads it after the click
            setProgress({ is: 'done', size: file.size });
        } catch (fault) {
            setProgress(stop.signal.aborted ? { is: 'idle' } : { is: 'failed', why: saying(fault) });
        }
    }

    return (
        <div class="download" data-progress={progress.is}>
            {progress.is === 'running'
                ? <button type="button" onClick={() => running.current?.abort()}>{words.stop}</button>
                : <button type="button" class="main" onClick={() => void start()}><Icon name="download" />{words.download}</button>}
            {progress.is === 'running' && <><progress value={progress.done} max={progress.all || 1} /><span>{words.downloading(bytes(progress.done), bytes(progress.all))}</span></>}
            {progress.is === 'done' && <span class="done" role="status">{words.downloaded(bytes(progress.size))}</span>}
            {progress.is === 'handed' && <span class="done" role="status">{words.byBrowser}</span>}
            {progress.is === 'failed' && <span class="problem" role="alert">{words.failed(progress.why)}</span>}
        </div>
    );
}
