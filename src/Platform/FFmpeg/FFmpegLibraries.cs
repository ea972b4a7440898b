using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>The system's FFmpeg 5.1: whether it is there. Nothing of it is loaded before somebody asks.</summary>
public static class FFmpegLibraries
{
    private static readonly Lazy<string?> NoEncoder = new(() => Look(
        ("libavutil.so.57", () => ffmpeg.avutil_version(), ffmpeg.LIBAVUTIL_VERSION_MAJOR), ("libavcodec.so.59", () => ffmpeg.avcodec_version(), ffmpeg.LIBAVCODEC_VERSION_MAJOR)));

    private static readonly Lazy<string?> Wrong = new(() => NoEncoder.Value ?? Look(
        ("libavformat.so.59", () => ffmpeg.avformat_version(), ffmpeg.LIBAVFORMAT_VERSION_MAJOR), ("libswscale.so.6", () => ffmpeg.swscale_version(), ffmpeg.LIBSWSCALE_VERSION_MAJOR)));

    /// <summary>Null when all of them are there; otherwise what is missing, for people.</summary>
    public static string? WhyNot => Wrong.Value;

    /// <summary>The same for those that encode, which are all that sound needs; fewer to load.</summary>
    public static string? WhyNoEncoder => NoEncoder.Value;

    /// <summary>Says only what has gone wrong, on standard error.</summary>
    public static void LogErrorsOnly() => ffmpeg.av_log_set_level(ffmpeg.AV_LOG_FATAL);

    internal static string? Look(params ReadOnlySpan<(string Name, Func<uint> Version, int Major)> libraries)
    {
        foreach (var (name, version, major) in libraries)
        {
            // Stays loaded: the bindings find it by the same name.
            if (!NativeLibrary.TryLoad(name, out _))
                return $"FFmpeg 5.1 is not installed: {name} is missing (Debian: libavformat59 libavcodec59 libavutil57 libswscale6)";
            if (version() >> 16 != major)                   // AV_VERSION_INT: major, minor and micro in 16, 8 and 8 bits
                return $"{name} calls itself version {version() >> 16}, not {major}";
        }
        return null;
    }
}
