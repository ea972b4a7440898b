/** ManagedMediaSource is what iPhones have instead. */
const Source: typeof MediaSource | undefined = (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ?? globalThis.MediaSource;

export const hasMediaSource = Source !== undefined;

export function canPlay(mime: string): boolean {
    return Source?.isTypeSupported(mime) ?? false;
}

const keptBehind = 8;                                       // seconds of played media that stay
const mostBehind = 16;                                      // more than this is cut back to it

type Step = { append: BufferSource } | { removeTo: number };

/**
 * One media element's buffer: a MediaSource with one SourceBuffer, and what has still to go into it, in order. The buffer takes one thing at a time.
 */
export class MediaQueue {
    private readonly source: MediaSource;
    private readonly address: string;
    private readonly steps: Step[] = [];
    private buffer: SourceBuffer | undefined;
    private closed = false;

    /** `failed` hears why nothing more can be appended. `grew` is called when media was added. */
    constructor(private readonly video: HTMLVideoElement, private readonly mime: string, private readonly grew: () => void, private readonly failed: (why: string) => void) {
        if (!Source)
            throw new Error('this browser has no MediaSource');
        this.source = new Source();
        this.address = URL.createObjectURL(this.source);
        this.source.addEventListener('sourceopen', () => this.open(), { once: true });
        video.disableRemotePlayback = true;
        video.src = this.address;
    }

    append(bytes: BufferSource): void {
        this.steps.push({ append: bytes });
        this.next();
    }

    /** Steps that wait, so that a page that cannot keep up is noticed. */
    get waiting(): number {
        return this.steps.length;
    }

    get end(): number | null {
        const ranges = this.buffer?.buffered;
        return ranges && ranges.length > 0 ? ranges.end(ranges.length - 1) : null;
    }

    get start(): number | null {
        const ranges = this.buffer?.buffered;
        return ranges && ranges.length > 0 ? ranges.start(0) : null;
    }

    close(): void {
        this.closed = true;
        this.steps.length = 0;
        URL.revokeObjectURL(this.address);
        if (this.video.src === this.address) {
            this.video.removeAttribute('src');
            this.video.load();
        }
    }

    private open(): void {
        if (this.closed)
            return;
        try {
            this.buffer = this.source.addSourceBuffer(this.mime);
        } catch (fault) {
            this.failed(String(fault));
            return;
        }
        this.buffer.addEventListener('updateend', () => this.updated());
        this.buffer.addEventListener('error', () => this.fail('the browser cannot decode what came'));
        this.next();
    }

    private updated(): void {
        if (this.closed)
            return;
        this.trim();
        this.next();
        if (!this.buffer?.updating)
            this.grew();
    }

    private next(): void {
        if (this.closed || !this.buffer || this.buffer.updating)
            return;
        const step = this.steps.shift();
        if (!step)
            return;
        try {
            if ('append' in step)
                this.buffer.appendBuffer(step.append);
            else
                this.buffer.remove(0, step.removeTo);
        } catch (fault) {
            if (fault instanceof DOMException && fault.name === 'QuotaExceededError' && this.video.currentTime > keptBehind) {
                this.steps.unshift({ removeTo: this.video.currentTime - 1 }, step);
                return this.next();
            }
            return this.fail(String(fault));
        }
    }

    private trim(): void {
        const start = this.start;
        if (start !== null && this.video.currentTime - start > mostBehind && !this.steps.some(s => 'removeTo' in s))
            this.steps.unshift({ removeTo: this.video.currentTime - keptBehind });
    }

    private fail(why: string): void {
        if (this.closed)
            return;
        this.closed = true;
        this.failed(this.video.error?.message || why);
    }
}
