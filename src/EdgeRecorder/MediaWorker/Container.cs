using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>What the containers can hold, and how FFmpeg calls them.</summary>
internal static class Container
{
    public static string Muxer(MediaFormat format) => format switch
    {
        MediaFormat.Mp4 => "mp4",
        MediaFormat.Mkv => "matroska",
        MediaFormat.Avi => "avi",
        MediaFormat.Ts => "mpegts",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    public static string Extension(MediaFormat format) => format switch
    {
        MediaFormat.Mp4 => "mp4",
        MediaFormat.Mkv => "mkv",
        MediaFormat.Avi => "avi",
        MediaFormat.Ts => "ts",
        MediaFormat.Jpg => "jpg",
        _ => "pdf",
    };

    /// <summary>G.711: Matroska and AVI have it; FFmpeg's `mp4` takes none, and a transport stream has no type for it.</summary>
    public static bool CanHold(MediaFormat format, AVCodecID audio)
        => audio == AVCodecID.AV_CODEC_ID_AAC || audio is AVCodecID.AV_CODEC_ID_PCM_ALAW or AVCodecID.AV_CODEC_ID_PCM_MULAW && format is MediaFormat.Mkv or MediaFormat.Avi;

    /// <summary>Parameter sets of an encoder stand in the head rather than in the stream.</summary>
    public static bool HasGlobalHeader(MediaFormat format) => format is MediaFormat.Mp4 or MediaFormat.Mkv;

    public static (string Key, string Value)[] Options(MediaFormat format) => format switch
    {
        MediaFormat.Mp4 => [("movflags", "+faststart")],    // the index in front: a browser plays before everything is there
        _ => [],
    };

    /// <summary>What a packet costs on top of its bytes, about: headers, and lines of an index.</summary>
    public static long Overhead(MediaFormat format, int packetBytes) => format switch
    {
        MediaFormat.Ts => packetBytes / 20 + 200,           // 4 of 188 bytes, stuffing in the last one, PES header, tables now and then
        _ => 32,
    };
}
