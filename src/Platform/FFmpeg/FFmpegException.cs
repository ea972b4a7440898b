using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>A call into FFmpeg that failed: which one, and what FFmpeg says about it.</summary>
public sealed unsafe class FFmpegException(string operation, int error) : Exception($"{operation}: {TextOf(error)} ({error})")
{
    /// <summary>AVERROR(EAGAIN): feed or drain first. An answer, not an error.</summary>
    internal const int Again = -11;

    /// <summary>AVERROR(e) of the system errors that a caller tells apart.</summary>
    public const int NoSpace = -28, FileTooLarge = -27, NoMemory = -12;

    public string Operation => operation;

    /// <summary>An AVERROR code; those of the system are negative errno values.</summary>
    public int Error => error;

    /// <summary>True when what was read is to blame.</summary>
    public bool IsDamage => error is ffmpeg.AVERROR_INVALIDDATA or ffmpeg.AVERROR_EOF;

    /// <summary>The result, when it is none of the negative ones that mean an error.</summary>
    internal static int Check(int result, string operation) => result >= 0 ? result : throw new FFmpegException(operation, result);

    /// <summary>The pointer, when there is one.</summary>
    internal static nint Check(void* pointer, string operation) => pointer is not null ? (nint)pointer : throw new FFmpegException(operation, NoMemory);

    private static string TextOf(int error)
    {
        var text = stackalloc byte[ffmpeg.AV_ERROR_MAX_STRING_SIZE];
        _ = ffmpeg.av_strerror(error, text, ffmpeg.AV_ERROR_MAX_STRING_SIZE);      // unknown ones get a text too
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }
}
