import { ask } from '../api/client';

/** Beyond this a page would have to hold too much; the browser's own download writes as it reads. */
export const mostHere = 1_000_000_000;

/** Fetches `path` of the API into memory, telling how far it is. Null: too large, nothing was fetched. */
export async function download(path: string, progress: (done: number, all: number) => void, stop: AbortSignal): Promise<Blob | null> {
    const end = new AbortController();
    stop.addEventListener('abort', () => end.abort());
    const answer = await ask('GET', path, undefined, end.signal);
    const all = Number(answer.headers.get('Content-Length') ?? 0);
    if (all > mostHere || !answer.body) {
        end.abort();
        return null;
    }
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let done = 0;
    const reader = answer.body.getReader();
    for (;;) {
        const { done: last, value } = await reader.read();
        if (last)
            break;
        parts.push(value);
        done += value.byteLength;
        progress(done, all);
    }
    if (all > 0 && done !== all)
        throw new Error(`${done} / ${all}`);
    return new Blob(parts, { type: 'video/mp4' });
}

/** Hands a file to whoever sits there. */
export function saveAs(address: string, name: string): void {
    const link = document.createElement('a');
    link.href = address;
    link.download = name;
    link.click();
}
