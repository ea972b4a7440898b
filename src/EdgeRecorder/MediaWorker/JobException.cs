using EdgeRecorder.Platform.Cairo;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>Why a job ends without its result: a code of <see cref="MediaError"/> and a text for people.</summary>
internal sealed class JobException(string code, string text) : Exception(text)
{
    public const string NoPicture = "no-picture", Unsupported = "unsupported", Damaged = "damaged", DiskFull = "disk-full", Encoder = "encoder", Internal = "internal";

    public MediaError Error => new(code, Message);

    /// <summary>What a failure of something below us means to whoever asked.</summary>
    public static MediaError Of(Exception e) => e switch
    {
        JobException job => job.Error,
        FFmpegException { Error: FFmpegException.NoSpace } => new(DiskFull, e.Message),
        FFmpegException { Error: FFmpegException.FileTooLarge } => new(DiskFull, $"{e.Message}: longer than the footage can explain"),
        FFmpegException { IsDamage: true } => new(Damaged, e.Message),
        CairoException { IsWriteError: true } => new(DiskFull, e.Message),
        IOException { HResult: -FFmpegException.NoSpace } => new(DiskFull, e.Message),
        EndOfStreamException => new(Damaged, e.Message),
        _ => new(Internal, $"{e.GetType().Name}: {e.Message}"),
    };
}
