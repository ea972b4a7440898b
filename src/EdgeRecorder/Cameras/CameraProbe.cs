using System.Globalization;
using EdgeRecorder.Configuration;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.Cameras;

/// <summary>What a local camera offers and what would become of it; also while it is recorded, since nothing is captured.</summary>
/// <param name="Track">What would be recorded, as far as the address says it.</param>
/// <param name="Unused">Formats that are not recorded.</param>
/// <param name="Encoder">What would encode.</param>
internal sealed record CameraOffer(string Card, string Driver, IReadOnlyList<string> Formats, Track Track, IReadOnlyList<string> Unused, string Encoder, int BitsPerSecond)
{
    /// <summary>Some lines for a terminal.</summary>
    public void WriteTo(TextWriter writer)
    {
        writer.WriteLine($"camera     {Card} ({Driver})");
        foreach (var format in Formats)
            writer.WriteLine($"delivers   {format}");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"video      {Track.Codec} {Track.Width}x{Track.Height}{(Track.FrameRate > 0 ? $" {Track.FrameRate:0.##} fps" : "")}"));
        writer.WriteLine($"encoder    {Encoder}");
    }
}

/// <summary>Asks a local camera what it offers.</summary>
internal sealed class CameraProbe(VideoDevices devices)
{
    private const int MostSizes = 12;

    /// <exception cref="SourceException">It cannot be recorded; the message says why.</exception>
    public CameraOffer Ask(CameraAddress address)
    {
        var wanted = CameraSettings.Of(address, EncodingWish.None);
        var opening = new CameraOpening(devices, wanted);
        using var camera = opening.OpenDevice();
        try
        {
            var delivers = camera.Delivers.DistinctBy(format => format.FourCC).ToList();
            var raw = CameraOpening.RawOf(camera);
            var own = opening.EncodedBy(camera).Select(codec => (Codec?)codec).FirstOrDefault();
            var found = own is null && raw.Count > 0 ? VideoDevice.FindEncoders([.. wanted.Codecs.Select(CameraSettings.FourCC)], devices.Nodes(), devices.Open) : [];
            var codec = own ?? (found is [var first, ..] ? CameraSettings.CodecOf(first.FourCC) : Codec.H264);
            var unused = delivers.Where(format => own is { } made ? format.FourCC != CameraSettings.FourCC(made) : !raw.Contains(format.FourCC)).Select(format => format.ToString()).ToList();
            return new(camera.Card, camera.Driver, [.. delivers.Select(format => $"{format} {format.Description} {Sizes(camera, format.FourCC)}".TrimEnd())],
                new Track { Codec = codec, TimeScale = 90_000, Width = wanted.Width, Height = wanted.Height, FrameRate = wanted.FramesPerSecond ?? 0 }, unused,
                own is not null ? "the camera's own" : raw.Count == 0 ? "none: it delivers nothing that this version records" : found.Count > 0 ? found[0].Path : "libx264, on the processor",
                wanted.BitsPerSecond ?? 0);
        }
        catch (ErrnoException e)
        {
            throw new SourceException(GapReason.Offline, e.Message, e);
        }
    }

    private static string Sizes(VideoDevice camera, uint fourCC)
        => string.Join(' ', camera.Sizes(fourCC).Take(MostSizes).Select(size => size.LeastWidth == size.MostWidth ? $"{size.LeastWidth}x{size.LeastHeight}" : $"{size.LeastWidth}x{size.LeastHeight}-{size.MostWidth}x{size.MostHeight}"));
}
