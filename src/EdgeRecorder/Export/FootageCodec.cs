using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>What footage a wish cannot be fulfilled with, as far as that is known before the export begins.</summary>
internal static class FootageCodec
{
    private const long LookUs = 1_000_000;

    /// <summary>Why the container cannot hold the packets that the range begins with; null when it can, or when there is nothing.</summary>
    public static string? Refusal(IRing ring, StreamKey stream, long fromUtcUs, long toUtcUs, ExportWish wish)
        => wish is { Format: MediaFormat.Avi, NeedsEncoder: false } && VideoOf(ring, stream, fromUtcUs, toUtcUs) is { } codec and not Codec.H264
            ? $"format: avi holds H.264 as it was recorded, and this is {codec}; choose mkv or mp4" : null;

    private static Codec? VideoOf(IRing ring, StreamKey stream, long fromUtcUs, long toUtcUs)
    {
        if (ring.Spans(stream, fromUtcUs, toUtcUs) is not { Count: > 0 } spans)
            return null;
        var from = Math.Max(fromUtcUs, spans[0].FromUtcUs);
        using var lease = ring.Lease(stream, from, from + LookUs, fromSync: true);
        if (lease.Fragments.Count == 0 || ring.ReadInit(lease.Fragments[0]) is not { } init)
            return null;
        try
        {
            return InitSegment.Parse(init).Tracks.FirstOrDefault(track => track.IsVideo)?.Codec;
        }
        catch (ProtocolException)
        {
            return null;                                    // the export reads it again and ends with its message
        }
    }
}
