using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>One plane of a picture in a buffer.</summary>
/// <param name="Offset">Of its first line.</param>
/// <param name="Stride">From one line to the next.</param>
/// <param name="Bytes">Of a line that are picture.</param>
/// <param name="Lines">That are picture.</param>
/// <param name="Room">Lines there is room for.</param>
public readonly record struct PictureArea(int Offset, int Stride, int Bytes, int Lines, int Room);

/// <summary>
/// Where the lines of an uncompressed picture lie: in a driver's buffer, whose lines may be longer and more than the picture's (360 lines become 368), and tight, as files have it.
/// </summary>
public static class RawPicture
{
    /// <summary>Formats that are known here, the usual one first.</summary>
    public static IReadOnlyList<uint> Formats { get; } =
        [V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_UYVY, V4L2_PIX_FMT_NV21, V4L2_PIX_FMT_BGR24, V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_GREY];

    /// <summary>Bytes of a tight picture.</summary>
    public static int Length(uint fourCC, int width, int height) => Areas(fourCC, width, height).Sum(area => area.Bytes * area.Lines);

    /// <summary>From tight lines into a buffer of the driver's layout.</summary>
    public static void Spread(ReadOnlySpan<byte> tight, Span<byte> buffer, VideoFormat format, int width, int height)
    {
        var (from, to) = (0, 0);
        foreach (var (bytes, lines, stride, room) in Layout(format, width, height))
        {
            for (var line = 0; line < lines; line++)
                tight.Slice(from + line * bytes, bytes).CopyTo(buffer.Slice(to + line * stride, bytes));
            (from, to) = (from + bytes * lines, to + stride * room);
        }
    }

    /// <summary>From a buffer of the driver's layout to tight lines.</summary>
    public static void Gather(ReadOnlySpan<byte> buffer, Span<byte> tight, VideoFormat format, int width, int height)
    {
        var (from, to) = (0, 0);
        foreach (var (bytes, lines, stride, room) in Layout(format, width, height))
        {
            for (var line = 0; line < lines; line++)
                buffer.Slice(from + line * stride, bytes).CopyTo(tight.Slice(to + line * bytes, bytes));
            (from, to) = (from + stride * room, to + bytes * lines);
        }
    }

    /// <summary>From one driver's layout to another's of the same pixel format.</summary>
    public static void Copy(ReadOnlySpan<byte> from, PictureArea[] source, Span<byte> to, PictureArea[] target)
    {
        for (var i = 0; i < source.Length; i++)
            for (var line = 0; line < source[i].Lines; line++)
                from.Slice(source[i].Offset + line * source[i].Stride, source[i].Bytes).CopyTo(to[(target[i].Offset + line * target[i].Stride)..]);
    }

    /// <summary>The lines below the picture repeat its last one: who shows them shows no green, and coding them costs next to nothing.</summary>
    public static void FillBelow(Span<byte> buffer, PictureArea[] areas)
    {
        foreach (var area in areas)
            for (var line = area.Lines; line < area.Room; line++)
                buffer.Slice(area.Offset + (area.Lines - 1) * area.Stride, area.Bytes).CopyTo(buffer[(area.Offset + line * area.Stride)..]);
    }

    /// <summary>The picture's areas in the driver's layout.</summary>
    public static PictureArea[] Areas(VideoFormat format, int width, int height)
    {
        var offset = 0;
        List<PictureArea> areas = [];
        foreach (var (bytes, lines, stride, room) in Layout(format, width, height))
        {
            areas.Add(new(offset, stride, bytes, lines, room));
            offset += stride * room;
        }
        return [.. areas];
    }

    /// <summary>Bytes that a picture needs in the driver's layout.</summary>
    public static int LengthIn(VideoFormat format) => Layout(format, (int)format.Width, (int)format.Height).Sum(area => area.Stride * area.Room);

    private static IEnumerable<(int Bytes, int Lines, int Stride, int Room)> Layout(VideoFormat format, int width, int height)
    {
        var stride = (int)format.Planes[0].BytesPerLine;
        var full = Areas(format.FourCC, (int)format.Width, (int)format.Height);
        return Areas(format.FourCC, width, height).Select((area, i) => (area.Bytes, area.Lines, i == 0 || format.FourCC != V4L2_PIX_FMT_YUV420 ? stride : stride / 2, full[i].Lines));
    }

    private static (int Bytes, int Lines)[] Areas(uint fourCC, int width, int height)
    {
        var (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2);
        return fourCC switch
        {
            V4L2_PIX_FMT_NV12 or V4L2_PIX_FMT_NV21 => [(width, height), (halfWidth * 2, halfHeight)],
            V4L2_PIX_FMT_YUV420 => [(width, height), (halfWidth, halfHeight), (halfWidth, halfHeight)],
            V4L2_PIX_FMT_YUYV or V4L2_PIX_FMT_UYVY => [(halfWidth * 4, height)],
            V4L2_PIX_FMT_RGB24 or V4L2_PIX_FMT_BGR24 => [(width * 3, height)],
            V4L2_PIX_FMT_GREY => [(width, height)],
            _ => throw new ArgumentException($"no layout of {PixelFormat.Name(fourCC)} is known", nameof(fourCC)),
        };
    }
}
