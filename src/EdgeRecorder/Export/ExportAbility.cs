namespace EdgeRecorder.Export;

/// <summary>What this box can make: packets into MP4 always, everything else as far as there is a media worker and an encoder.</summary>
/// <param name="findWorker">Whether workers start and find their libraries; asked once, when somebody wants more than a copy: the libraries take memory.</param>
/// <param name="mayEncode">The owner lets it encode video.</param>
internal sealed class ExportAbility(Func<bool> findWorker, bool mayEncode)
{
    private readonly Lazy<bool> _hasWorker = new(findWorker);

    public bool HasWorker => _hasWorker.Value;
    public bool CanEncode => mayEncode && HasWorker;

    /// <summary>Why a wish cannot be fulfilled, beginning with the member that asks too much (the box API's names); null when it can.</summary>
    public string? Refusal(ExportWish wish)
        => wish.Masks is not null && !CanWork(wish) ? "masks: this box has no encoder, and without masks the picture is not given away"
            : wish.Crop is not null && !CanWork(wish) ? "crop: this box has no encoder"
            : wish.NeedsEncoder && !CanEncode ? "videoQuality, keepOneOf, timeFormat: this box has no encoder"
            : !wish.IsCopy && !HasWorker ? $"format: {wish.Extension} and changes of sound need the media worker, which this box cannot run"
            : null;

    /// <summary>A single picture needs no video encoder.</summary>
    private bool CanWork(ExportWish wish) => wish.IsPicture ? HasWorker : CanEncode;
}
