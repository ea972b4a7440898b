namespace EdgeRecorder.Export;

/// <summary>What this box can make: packets into MP4 always, everything else as far as there is a media worker and an encoder.</summary>
/// <param name="findWorker">Whether workers start and find their libraries; asked once, when somebody wants more than a copy: the libraries take memory.</param>
/// <param name="encoders">What encodes, as far as the owner lets it.</param>
internal sealed class ExportAbility(Func<bool> findWorker, ExportEncoders encoders)
{
    private readonly Lazy<bool> _hasWorker = new(findWorker);

    public bool HasWorker => _hasWorker.Value;
    public bool CanEncode => WhyNotEncode is null;

    private string? WhyNotEncode => encoders.WhyNot ?? (HasWorker ? null : "this box has no encoder");

    /// <summary>Why a wish cannot be fulfilled, beginning with the member that asks too much (the box API's names); null when it can.</summary>
    public string? Refusal(ExportWish wish)
        => wish.Masks is not null && WhyNotWork(wish) is { } noMasks ? $"masks: {noMasks}, and without masks the picture is not given away"
            : wish.Crop is not null && WhyNotWork(wish) is { } noCrop ? $"crop: {noCrop}"
            : wish.NeedsEncoder && WhyNotEncode is { } nothing ? $"videoQuality, keepOneOf, timeFormat: {nothing}"
            : !wish.IsCopy && !HasWorker ? $"format: {wish.Extension} and changes of sound need the media worker, which this box cannot run"
            : null;

    /// <summary>A single picture needs no video encoder.</summary>
    private string? WhyNotWork(ExportWish wish) => !wish.IsPicture ? WhyNotEncode : HasWorker ? null : "this box has no encoder";
}
