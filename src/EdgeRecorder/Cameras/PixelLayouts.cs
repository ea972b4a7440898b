using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Cameras;

/// <summary>The kernel's pixel formats in FFmpeg's words.</summary>
internal static class PixelLayouts
{
    public static PictureLayout Of(VideoFormat format, int width, int height)
        => new(FormatOf(format.FourCC), width, height, [.. RawPicture.Areas(format, width, height).Select(area => (area.Offset, area.Stride, area.Lines))]);

    private static AVPixelFormat FormatOf(uint fourCC) => fourCC switch
    {
        V4L2_PIX_FMT_NV12 => AVPixelFormat.AV_PIX_FMT_NV12,
        V4L2_PIX_FMT_NV21 => AVPixelFormat.AV_PIX_FMT_NV21,
        V4L2_PIX_FMT_YUV420 => AVPixelFormat.AV_PIX_FMT_YUV420P,
        V4L2_PIX_FMT_YUYV => AVPixelFormat.AV_PIX_FMT_YUYV422,
        V4L2_PIX_FMT_UYVY => AVPixelFormat.AV_PIX_FMT_UYVY422,
        V4L2_PIX_FMT_RGB24 => AVPixelFormat.AV_PIX_FMT_RGB24,
        V4L2_PIX_FMT_BGR24 => AVPixelFormat.AV_PIX_FMT_BGR24,
        V4L2_PIX_FMT_GREY => AVPixelFormat.AV_PIX_FMT_GRAY8,
        _ => throw new ArgumentException($"{PixelFormat.Name(fourCC)} has no name in FFmpeg here", nameof(fourCC)),
    };
}
