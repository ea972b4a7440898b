using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>Turns pictures of one size and format into I420 of another size (SwsContext). Opened anew when what comes in changes.</summary>
internal sealed unsafe class Scaler() : SafeHandle(0, ownsHandle: true)
{
    private (int Width, int Height, AVPixelFormat Format, bool FullRange, AVColorSpace Space, int ToWidth, int ToHeight, bool ToFullRange) _opened;

    public override bool IsInvalid => handle == 0;

    /// <summary>A new picture with the looks and time of the one given.</summary>
    public Frame Scale(Frame from, int width, int height, bool fullRange)
    {
        Open(from, width, height, fullRange);
        var to = Frame.NewPicture(width, height, fullRange);
        to.CopyLooks(from);
        var result = ffmpeg.sws_scale((SwsContext*)handle, (byte**)&from.Pointer->data, (int*)&from.Pointer->linesize, 0, from.Height, (byte**)&to.Pointer->data, (int*)&to.Pointer->linesize);
        if (result < 0)
        {
            to.Dispose();
            throw new FFmpegException("sws_scale", result);
        }
        return to;
    }

    protected override bool ReleaseHandle()
    {
        ffmpeg.sws_freeContext((SwsContext*)handle);
        return true;
    }

    private void Open(Frame from, int width, int height, bool fullRange)
    {
        var wanted = (from.Width, from.Height, from.PixelFormat, from.IsFullRange, from.ColorSpace, width, height, fullRange);
        if (!IsInvalid && wanted == _opened)
            return;
        ffmpeg.sws_freeContext((SwsContext*)handle);
        SetHandle(0);
        var smaller = width < from.Width || height < from.Height;
        // I420 by the name that says its range: told only below, a change of the range alone would be taken for a copy.
        var format = from.PixelFormat is AVPixelFormat.AV_PIX_FMT_YUVJ420P or AVPixelFormat.AV_PIX_FMT_YUV420P ? I420(from.IsFullRange) : from.PixelFormat;
        var context = ffmpeg.sws_getContext(from.Width, from.Height, format, width, height, I420(fullRange),
            smaller ? ffmpeg.SWS_AREA : ffmpeg.SWS_BILINEAR, null, null, null);
        if (context is null)
            throw new FFmpegException($"sws_getContext {from.Width}x{from.Height} format {(int)from.PixelFormat}", ffmpeg.AVERROR_INVALIDDATA);
        SetHandle((nint)context);
        var table = ffmpeg.sws_getCoefficients(from.ColorSpace == AVColorSpace.AVCOL_SPC_BT709 ? ffmpeg.SWS_CS_ITU709 : ffmpeg.SWS_CS_DEFAULT);
        _ = ffmpeg.sws_setColorspaceDetails(context, table, from.IsFullRange ? 1 : 0, table, fullRange ? 1 : 0, 0, 1 << 16, 1 << 16);
        _opened = wanted;
    }

    private static AVPixelFormat I420(bool fullRange) => fullRange ? AVPixelFormat.AV_PIX_FMT_YUVJ420P : AVPixelFormat.AV_PIX_FMT_YUV420P;
}
