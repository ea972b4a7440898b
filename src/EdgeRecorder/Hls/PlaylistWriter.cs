using System.Buffers;
using System.Globalization;
using System.Text;

namespace EdgeRecorder.Hls;

/// <summary>
/// Writes a media playlist (RFC 8216; parts as draft-pantos-hls-rfc8216bis adds them) line by line, with nothing kept but where it stands:
/// <see cref="Head"/>, then per segment <see cref="Begin"/>, its parts if there are any, and <see cref="Segment"/> once it is complete;
/// then a preload hint while more is to come, or <see cref="End"/>. Segments are fragmented MP4, so the version is 6: EXT-X-MAP needs it.
/// </summary>
internal sealed class PlaylistWriter(IBufferWriter<byte> output)
{
    public const string ContentType = "application/vnd.apple.mpegurl";

    private string? _map;

    public void Head(in PlaylistHead head)
    {
        Text("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:"u8);
        Number(head.TargetSeconds);
        if (head.PartTarget90k is { } part)
        {
            Text("\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK="u8);
            Seconds(head.PartHoldBack90k ?? 3 * part);
            Text("\n#EXT-X-PART-INF:PART-TARGET="u8);
            Seconds(part);
        }
        Text("\n#EXT-X-MEDIA-SEQUENCE:"u8);
        Number(head.MediaSequence);
        if (head.DiscontinuitySequence != 0)
        {
            Text("\n#EXT-X-DISCONTINUITY-SEQUENCE:"u8);
            Number(head.DiscontinuitySequence);
        }
        Text(head.Type switch { PlaylistType.Vod => "\n#EXT-X-PLAYLIST-TYPE:VOD\n"u8, PlaylistType.Event => "\n#EXT-X-PLAYLIST-TYPE:EVENT\n"u8, _ => "\n"u8 });
        if (head.IsIndependent)
            Text("#EXT-X-INDEPENDENT-SEGMENTS\n"u8);
        if (head.Start90k is { } start)
        {
            Text("#EXT-X-START:TIME-OFFSET="u8);
            Seconds(start);
            Text(",PRECISE=YES\n"u8);
        }
    }

    /// <summary>What stands in front of a segment and its parts. EXT-X-MAP is written where it differs from the one before, and at every discontinuity.</summary>
    /// <param name="utcUs">Date of its first picture, Unix microseconds; null: as the segment before says.</param>
    public void Begin(string map, bool isDiscontinuity = false, long? utcUs = null)
    {
        if (isDiscontinuity)
            Text("#EXT-X-DISCONTINUITY\n"u8);
        if (isDiscontinuity || map != _map)
        {
            Text("#EXT-X-MAP:URI=\""u8);
            Uri(map);
            Text("\"\n"u8);
            _map = map;
        }
        if (utcUs is { } us)
        {
            Text("#EXT-X-PROGRAM-DATE-TIME:"u8);
            Formatted(DateTime.UnixEpoch.AddTicks(us * 10), "yyyy-MM-dd'T'HH:mm:ss.fff'Z'\n");
        }
    }

    /// <param name="isIndependent">It begins with a sync sample.</param>
    public void Part(ReadOnlySpan<char> uri, long duration90k, bool isIndependent)
    {
        Text("#EXT-X-PART:DURATION="u8);
        Seconds(duration90k);
        Text(",URI=\""u8);
        Uri(uri);
        Text(isIndependent ? "\",INDEPENDENT=YES\n"u8 : "\"\n"u8);
    }

    /// <summary>The segment is complete.</summary>
    public void Segment(ReadOnlySpan<char> uri, long duration90k)
    {
        Text("#EXTINF:"u8);
        Seconds(duration90k);
        Text(",\n"u8);
        Uri(uri);
        Text("\n"u8);
    }

    /// <summary>The part that comes next; whoever asks for it waits.</summary>
    public void PreloadHint(ReadOnlySpan<char> uri)
    {
        Text("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\""u8);
        Uri(uri);
        Text("\"\n"u8);
    }

    /// <summary>Nothing comes behind.</summary>
    public void End() => Text("#EXT-X-ENDLIST\n"u8);

    private void Text(ReadOnlySpan<byte> text) => output.Write(text);

    private void Number(long number) => Formatted(number, default);

    /// <summary>decimal-floating-point (RFC 8216, 4.2), to the microsecond: a tick of 90 kHz is 11 of them.</summary>
    private void Seconds(long time90k)
    {
        var us = (time90k * 100 + 4) / 9;
        Number(us / 1_000_000);
        Text("."u8);
        Formatted(us % 1_000_000, "D6");
    }

    private void Formatted<T>(T value, ReadOnlySpan<char> format) where T : IUtf8SpanFormattable
    {
        if (!value.TryFormat(output.GetSpan(64), out var written, format, CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"{value} takes more than 64 bytes");
        output.Advance(written);
    }

    /// <summary>An URI goes into a line or a quoted-string, so it holds nothing that ends one.</summary>
    private void Uri(ReadOnlySpan<char> uri)
    {
        if (uri.IsEmpty || uri[0] == '#' || uri.IndexOfAny("\"\r\n ") >= 0)
            throw new ArgumentException($"\"{uri}\" cannot stand in a playlist");
        output.Advance(Encoding.UTF8.GetBytes(uri, output.GetSpan(Encoding.UTF8.GetMaxByteCount(uri.Length))));
    }
}
