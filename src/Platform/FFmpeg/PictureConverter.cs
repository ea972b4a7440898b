using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>Where the planes of an uncompressed picture lie in a buffer, and what its pixels are.</summary>
/// <param name="Planes">In FFmpeg's order: of YUV420P Y, U, V.</param>
internal sealed record PictureLayout(AVPixelFormat Format, int Width, int Height, (int Offset, int Stride, int Lines)[] Planes)
{
    /// <summary>Bytes that a buffer must have; the last line may end with the picture.</summary>
    public int Length { get; } = Planes.Max(plane => plane.Offset + plane.Stride * plane.Lines);
}

/// <summary>Turns pictures of one pixel format into another of the same size (SwsContext), from buffer to buffer.</summary>
internal sealed unsafe class PictureConverter : SafeHandle
{
    private readonly PictureLayout _from;
    private readonly PictureLayout? _to;

    /// <param name="to">Null: into I420 frames.</param>
    /// <exception cref="FFmpegException">It cannot.</exception>
    public PictureConverter(PictureLayout from, PictureLayout? to) : base(0, ownsHandle: true)
    {
        (_from, _to) = (from, to);
        SetHandle((nint)ffmpeg.sws_getContext(from.Width, from.Height, from.Format, from.Width, from.Height, to?.Format ?? AVPixelFormat.AV_PIX_FMT_YUV420P, ffmpeg.SWS_BILINEAR, null, null, null));
        if (IsInvalid)
            throw new FFmpegException($"sws_getContext {from.Width}x{from.Height} {from.Format} to {to?.Format ?? AVPixelFormat.AV_PIX_FMT_YUV420P}", ffmpeg.AVERROR_INVALIDDATA);
    }

    public override bool IsInvalid => handle == 0;

    public void Convert(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var layout = _to ?? throw new InvalidOperationException("made for frames");
        ArgumentOutOfRangeException.ThrowIfLessThan(to.Length, layout.Length, nameof(to));
        var planes = stackalloc byte*[4];
        var strides = stackalloc int[4];
        fixed (byte* target = to)
        {
            Point(target, layout, planes, strides);
            Scale(from, planes, strides);
        }
    }

    /// <param name="to">I420 of that size; its bytes must be its own.</param>
    public void Convert(ReadOnlySpan<byte> from, Frame to)
    {
        if (!to.IsI420 || (to.Width, to.Height) != (_from.Width, _from.Height))
            throw new ArgumentException($"not an I420 frame of {_from.Width}x{_from.Height}", nameof(to));
        Scale(from, (byte**)&to.Pointer->data, (int*)&to.Pointer->linesize);
    }

    protected override bool ReleaseHandle()
    {
        ffmpeg.sws_freeContext((SwsContext*)handle);
        return true;
    }

    private void Scale(ReadOnlySpan<byte> from, byte** target, int* targetStrides)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from.Length, _from.Length, nameof(from));
        var planes = stackalloc byte*[4];
        var strides = stackalloc int[4];
        fixed (byte* source = from)
        {
            Point(source, _from, planes, strides);
            FFmpegException.Check(ffmpeg.sws_scale((SwsContext*)handle, planes, strides, 0, _from.Height, target, targetStrides), "sws_scale");
        }
    }

    private static void Point(byte* buffer, PictureLayout layout, byte** planes, int* strides)
    {
        for (var i = 0; i < 4; i++)
        {
            planes[i] = i < layout.Planes.Length ? buffer + layout.Planes[i].Offset : null;
            strides[i] = i < layout.Planes.Length ? layout.Planes[i].Stride : 0;
        }
    }
}
