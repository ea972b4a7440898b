using EdgeRecorder.Cameras;
using EdgeRecorder.Configuration;

namespace EdgeRecorder.Inspector;

/// <summary>What the family's settings ask of cameras that the box encodes itself.</summary>
internal sealed class InspectorEncoding(InspectorSettingStore settings)
{
    private volatile Wished _last = new(null, EncodingWish.None);

    /// <summary>The same object as long as the settings are the same.</summary>
    public EncodingWish Current
    {
        get
        {
            var (now, last) = (settings.Current, _last);
            if (!ReferenceEquals(now, last.Settings))
                _last = last = new(now, Of(now));
            return last.Wish;
        }
    }

    public static EncodingWish Of(InspectorSettings settings) => settings.IsSmartEncoding ? EncodingWish.None : new(
        settings is { Width: > 0, Height: > 0 } ? settings.Width : null, settings is { Width: > 0, Height: > 0 } ? settings.Height : null,
        settings.FrameRate > 0 ? settings.FrameRate : null, settings.Bitrate > 0 ? (int)Math.Clamp(settings.Bitrate * 1e6, 32_000, 200_000_000) : null, CodecOf(settings.Encoder));

    /// <summary>The vendor's names say codec and maker of a graphics card; here only the codec counts.</summary>
    private static CameraCodec CodecOf(string encoder) => encoder.ToLowerInvariant() switch
    {
        "h264" or "avc" or "x264" or "n264" or "q264" or "a264" => CameraCodec.H264,
        "h265" or "hevc" or "x265" or "n265" or "q265" or "a265" => CameraCodec.H265,
        _ => CameraCodec.Any,
    };

    private sealed record Wished(InspectorSettings? Settings, EncodingWish Wish);
}
