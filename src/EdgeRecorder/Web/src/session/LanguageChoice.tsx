import { catalogues, language, speak, text, type Language } from '../text/language';

export function LanguageChoice() {
    return (
        <div class="languages" role="group" aria-label={text.value.nav.language}>
            {(Object.keys(catalogues) as Language[]).map(key => (
                <button type="button" class="quiet" key={key} lang={catalogues[key].locale} aria-pressed={language.value === key} onClick={() => speak(key)}>{catalogues[key].name}</button>
            ))}
        </div>
    );
}
