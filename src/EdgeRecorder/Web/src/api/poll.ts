import { Problem } from './client';

/** Asks again and again, one question at a time; not while the page is hidden. Returns what ends it. */
export function poll(everyMs: number, question: (stop: AbortSignal) => Promise<void>): () => void {
    const end = new AbortController();
    let timer: number | undefined;
    let asking = false;
    const round = async () => {
        window.clearTimeout(timer);
        if (asking || end.signal.aborted || document.hidden)
            return;
        asking = true;
        try {
            await question(end.signal);
        } catch (fault) {
            if (!(fault instanceof Problem) && !end.signal.aborted)
                throw fault;                                // the recorder's refusals are shown elsewhere; anything else is a fault of this page
        } finally {
            asking = false;
            if (!end.signal.aborted)
                timer = window.setTimeout(() => void round(), everyMs);
        }
    };
    const shown = () => void round();
    document.addEventListener('visibilitychange', shown);
    void round();
    return () => {
        end.abort();
        window.clearTimeout(timer);
        document.removeEventListener('visibilitychange', shown);
    };
}
