// Written by the program `generate` beside this file, from FFmpeg's C headers. Do not edit.
#nullable enable
#pragma warning disable CS8981, IDE1006, CA1707, CA1711, CA1712
namespace EdgeRecorder.Platform.FFmpeg;

internal enum AVMediaType
{
    AVMEDIA_TYPE_VIDEO = 0,
    AVMEDIA_TYPE_AUDIO = 1,
}

internal enum AVCodecID
{
    AV_CODEC_ID_NONE = 0,
    AV_CODEC_ID_H264 = 27,
    AV_CODEC_ID_HEVC = 173,
    AV_CODEC_ID_MJPEG = 7,
    AV_CODEC_ID_AAC = 86018,
    AV_CODEC_ID_PCM_ALAW = 65543,
    AV_CODEC_ID_PCM_MULAW = 65542,
}

internal enum AVPixelFormat
{
    AV_PIX_FMT_NONE = -1,
    AV_PIX_FMT_YUV420P = 0,
    AV_PIX_FMT_YUVJ420P = 12,
    AV_PIX_FMT_NV12 = 23,
    AV_PIX_FMT_NV21 = 24,
    AV_PIX_FMT_YUYV422 = 1,
    AV_PIX_FMT_UYVY422 = 15,
    AV_PIX_FMT_RGB24 = 2,
    AV_PIX_FMT_BGR24 = 3,
    AV_PIX_FMT_GRAY8 = 8,
}

internal enum AVSampleFormat
{
    AV_SAMPLE_FMT_NONE = -1,
    AV_SAMPLE_FMT_S16 = 1,
    AV_SAMPLE_FMT_FLTP = 8,
}

internal enum AVColorRange
{
    AVCOL_RANGE_UNSPECIFIED = 0,
    AVCOL_RANGE_MPEG = 1,
    AVCOL_RANGE_JPEG = 2,
}

internal enum AVColorSpace
{
    AVCOL_SPC_UNSPECIFIED = 2,
    AVCOL_SPC_BT709 = 1,
}

internal enum AVChannelOrder
{
    AV_CHANNEL_ORDER_UNSPEC = 0,
    AV_CHANNEL_ORDER_NATIVE = 1,
}

internal static unsafe partial class ffmpeg
{
    public const int AVERROR_EOF = -541478725;
    public const int AVERROR_INVALIDDATA = -1094995529;
    public const int AVERROR_EXTERNAL = -542398533;
    public const int AVERROR_DECODER_NOT_FOUND = -1128613112;
    public const int AVERROR_ENCODER_NOT_FOUND = -1129203192;
    public const long AV_NOPTS_VALUE = long.MinValue;
    public const int AV_PKT_FLAG_KEY = 1;
    public const int AV_CODEC_FLAG_GLOBAL_HEADER = 4194304;
    public const int AV_CODEC_FLAG_QSCALE = 2;
    public const int FF_QP2LAMBDA = 118;
    public const int AV_INPUT_BUFFER_PADDING_SIZE = 64;
    public const int AVFMT_GLOBALHEADER = 64;
    public const int AVFMT_FLAG_CUSTOM_IO = 128;
    public const int AVIO_FLAG_WRITE = 2;
    public const int AV_LOG_FATAL = 8;
    public const int AV_ERROR_MAX_STRING_SIZE = 64;
    public const int FF_THREAD_FRAME = 1;
    public const int FF_THREAD_SLICE = 2;
    public const int SWS_BILINEAR = 2;
    public const int SWS_AREA = 32;
    public const int SWS_CS_DEFAULT = 5;
    public const int SWS_CS_ITU709 = 1;
    public const int LIBAVFORMAT_VERSION_MAJOR = 59;
    public const int LIBAVCODEC_VERSION_MAJOR = 59;
    public const int LIBAVUTIL_VERSION_MAJOR = 57;
    public const int LIBSWSCALE_VERSION_MAJOR = 6;
}
