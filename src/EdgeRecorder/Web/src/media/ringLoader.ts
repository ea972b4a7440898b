import type { Fragment, FragmentLoaderConstructor } from 'hls.js';

/** What somebody else than hls.js decides on. Who has the last word also stops hls.js, which otherwise waits. */
export interface RingRules {
    /** False: what belongs to this init segment cannot go into the buffer. */
    mayUse(init: DataView, of: Fragment): boolean;
    /** Media came, before hls.js has it. */
    came(media: DataView, of: Fragment): void;
    /** The ring has gone over it: there is nothing to try again. */
    overwritten(): void;
}

/** The loader of hls.js for footage: answers that concern the buffer or the place in the ring do not reach hls.js. */
export function ringLoader(Loader: FragmentLoaderConstructor, rules: RingRules): FragmentLoaderConstructor {
    return class extends Loader {
        override load(...[context, config, callbacks]: Parameters<InstanceType<FragmentLoaderConstructor>['load']>): void {
            super.load(context, config, {
                ...callbacks,
                onSuccess: (response, stats, of, details) => {
                    const bytes = response.data instanceof ArrayBuffer ? new DataView(response.data) : undefined;
                    if (bytes && context.frag.sn === 'initSegment' && !rules.mayUse(bytes, context.frag))
                        return;
                    if (bytes && context.frag.sn !== 'initSegment')
                        rules.came(bytes, context.frag);
                    callbacks.onSuccess(response, stats, of, details);
                },
                onError: (error, of, details, stats) => error.code === 410 ? rules.overwritten() : callbacks.onError(error, of, details, stats),
            });
        }
    };
}
