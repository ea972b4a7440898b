import type Hls from 'hls.js/light';
import { pageHeaders } from '../api/client';
import { boxNow } from '../api/clock';
import { videoCodecOf } from './codecs';
import type { Latency } from './edge';
import type { LiveEvents, LiveSource } from './live';
import { loadHls, tellsAll } from './hls';
import { hasMediaSource } from './queue';

/** How much of what was played stays in the browser's buffer. */
const BACK_BUFFER_S = 8;

/** Live pictures over HLS: for networks and proxies that do not let WebSockets through. */
export class LiveHlsPlayer implements LiveSource {
    readonly transport = 'hls';
    readonly skipped = 0;
    private hls: Hls | undefined;
    private closed = false;
    private started = false;
    private keptFrom = 0;

    constructor(private readonly video: HTMLVideoElement, private readonly channel: string, private readonly query: string, private readonly pace: Latency, private readonly events: LiveEvents) {
        this.open().catch((fault: unknown) => this.end(String(fault)));
    }

    get latency(): number | null {
        const shown = this.hls?.playingDate;
        return this.started && shown ? (boxNow() - shown.getTime()) / 1000 : null;
    }

    close(): void {
        this.closed = true;
        this.video.oncanplay = this.video.onplaying = this.video.onerror = null;
        this.hls?.destroy();
        if (!this.hls) {
            this.video.removeAttribute('src');
            this.video.load();
        }
    }

    private async open(): Promise<void> {
        const address = `/api/v1/channels/${encodeURIComponent(this.channel)}/live.m3u8?${this.query}`;
        this.video.onplaying = () => {
            this.started = true;
            this.events.playing();
        };
        if (!hasMediaSource) {                              // an old iPhone: it plays HLS itself
            this.video.onerror = () => this.end(this.video.error?.message ?? 'cannot be played');
            this.video.src = address;
            await this.video.play();
            return;
        }
        const { default: Hls, Events, ErrorDetails } = await loadHls();
        if (this.closed)
            return;
        const hls = new Hls({
            debug: tellsAll,
            enableWorker: false,                            // nothing is muxed here, and a worker from a blob is what the Content-Security-Policy refuses
            lowLatencyMode: true,
            backBufferLength: this.pace === 'low' ? Infinity : BACK_BUFFER_S,
            maxLiveSyncPlaybackRate: 1.1,
            xhrSetup: request => Object.entries(pageHeaders).forEach(([name, value]) => request.setRequestHeader(name, value)),
        });
        this.hls = hls;
        hls.on(Events.ERROR, (_, fault) => {
            if (fault.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR || fault.details === ErrorDetails.BUFFER_ADD_CODEC_ERROR) {
                this.close();
                this.events.unsupported(videoCodecOf(fault.mimeType ?? hls.levels[0]?.videoCodec ?? ''));
            } else if (fault.fatal) {
                this.end(fault.details);
            }
        });
        // What is played is let go here, not by hls.js: it does so whenever a segment begins to play, and should a part be on its way to the buffer just then,
        // it takes the parts of the segment for lost and misses them ever after. Behind the newest part nothing is on its way until the next list comes.
        hls.on(Events.FRAG_BUFFERED, (_, { frag, part }) => {
            const end = this.video.currentTime - BACK_BUFFER_S;
            if (!part || part !== hls.levels[frag.level]?.details?.partList?.at(-1) || end - this.keptFrom < BACK_BUFFER_S)
                return;
            this.keptFrom = end;
            hls.trigger(Events.BUFFER_FLUSHING, { startOffset: 0, endOffset: end, type: null });
        });
        // Not before there is something to play: until hls.js has sought to it, it would take the wait for a stall.
        this.video.oncanplay = () => {
            this.video.oncanplay = null;
            this.video.play().catch(() => undefined);       // refused only when another source came in between
        };
        hls.attachMedia(this.video);
        hls.loadSource(address);
    }

    private end(why: string): void {
        if (this.closed)
            return;
        this.close();
        this.events.ended(why, this.started);
    }
}
