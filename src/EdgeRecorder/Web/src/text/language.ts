import { computed, effect, signal } from '@preact/signals';
import { en, type Catalogue } from './en';
import { zh } from './zh';

export const catalogues = { en, zh } satisfies Record<string, Catalogue>;
export type Language = keyof typeof catalogues;

const stored = 'edge-recorder.language';

/** What somebody chose here, or else the first language of the browser that we speak. */
export function choose(chosen: string | null, browser: readonly string[]): Language {
    for (const tag of chosen ? [chosen, ...browser] : browser) {
        const language = tag.toLowerCase().split('-')[0];
        if (language === 'en' || language === 'zh')
            return language;
    }
    return 'en';
}

export const language = signal<Language>(choose(localStorage.getItem(stored), navigator.languages));

/** The words of the page; read it while rendering, so that a change of language shows at once. */
export const text = computed<Catalogue>(() => catalogues[language.value]);

effect(() => { document.documentElement.lang = text.value.locale; });

export function speak(to: Language): void {
    localStorage.setItem(stored, to);
    language.value = to;
}
