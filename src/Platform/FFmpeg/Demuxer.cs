using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>A stream inside a file.</summary>
/// <param name="FrameRate">Pictures per second over what has been looked at; 0/1 when nobody knows.</param>
/// <param name="BaseRate">The rate whose multiples all times of pictures are; far off when they are not even.</param>
internal readonly record struct MediaStream(int Index, AVMediaType Type, AVCodecID Codec, AVRational TimeBase, AVRational FrameRate, AVRational BaseRate, int Width, int Height, int SamplingRate, int ChannelCount);

/// <summary>Reads packets out of a container that comes as a stream of bytes (AVFormatContext for input). Nothing is sought; one thread.</summary>
internal sealed unsafe class Demuxer : SafeHandle
{
    private const int BufferBytes = 64 * 1024;
    private readonly Source _source;

    private Demuxer(AVFormatContext* context, Source source) : base(0, ownsHandle: true)
    {
        _source = source;
        SetHandle((nint)context);
        var streams = new MediaStream[context->nb_streams];
        for (var i = 0; i < streams.Length; i++)
            streams[i] = Describe(context->streams[i], i);
        Streams = streams;
    }

    public override bool IsInvalid => handle == 0;

    public IReadOnlyList<MediaStream> Streams { get; private set; }

    internal AVFormatContext* Pointer => (AVFormatContext*)handle;

    /// <summary>Reads the head of the container.</summary>
    /// <param name="format">FFmpeg's short name, `mp4`: what something is does not depend on what is inside.</param>
    /// <exception cref="FFmpegException">It is not such a container.</exception>
    public static Demuxer Open(Stream bytes, string format)
    {
        var source = new Source(bytes);
        var context = ffmpeg.avformat_alloc_context();
        if (context is null)
        {
            source.Dispose();
            throw new FFmpegException("avformat_alloc_context", FFmpegException.NoMemory);
        }
        context->pb = source.Io;
        context->flags |= ffmpeg.AVFMT_FLAG_CUSTOM_IO;
        var result = ffmpeg.avformat_open_input(&context, "", ffmpeg.av_find_input_format(format), null);
        if (result >= 0)
            return new(context, source);
        source.Dispose();                                   // the context is gone already
        source.ThrowFault();
        throw new FFmpegException("avformat_open_input", result);
    }

    /// <summary>Looks into the first packets for what the head does not say: frame rates. They are kept and read again.</summary>
    public void FindStreamInfo()
    {
        var result = ffmpeg.avformat_find_stream_info(Pointer, null);
        _source.ThrowFault();
        FFmpegException.Check(result, "avformat_find_stream_info");
        Streams = [.. Streams.Select(stream => Describe(Pointer->streams[stream.Index], stream.Index))];
    }

    /// <summary>The next packet of any stream; false at the end.</summary>
    /// <exception cref="FFmpegException">The container is damaged.</exception>
    public bool TryRead(Packet packet)
    {
        packet.Empty();
        var result = ffmpeg.av_read_frame(Pointer, packet.Pointer);
        _source.ThrowFault();
        if (result == ffmpeg.AVERROR_EOF)
            return false;
        FFmpegException.Check(result, "av_read_frame");
        return true;
    }

    internal AVStream* StreamPointer(int index) => (uint)index < Streams.Count ? Pointer->streams[index] : throw new ArgumentOutOfRangeException(nameof(index));

    protected override bool ReleaseHandle()
    {
        var context = Pointer;
        ffmpeg.avformat_close_input(&context);
        _source.Dispose();
        return true;
    }

    private static MediaStream Describe(AVStream* stream, int index)
        => new(index, stream->codecpar->codec_type, stream->codecpar->codec_id, stream->time_base, stream->avg_frame_rate, stream->r_frame_rate,
            stream->codecpar->width, stream->codecpar->height, stream->codecpar->sample_rate, stream->codecpar->ch_layout.nb_channels);

    /// <summary>The bytes behind an AVIOContext. What the stream throws is kept and thrown on our side: an exception must not pass through C.</summary>
    private sealed class Source : IDisposable
    {
        private readonly Stream _bytes;
        private GCHandle _self;
        private Exception? _fault;

        public Source(Stream bytes)
        {
            _bytes = bytes;
            _self = GCHandle.Alloc(this);
            var buffer = (byte*)ffmpeg.av_malloc(BufferBytes);
            Io = ffmpeg.avio_alloc_context(buffer, BufferBytes, 0, (void*)GCHandle.ToIntPtr(_self), &Read, null, null);
        }

        public AVIOContext* Io { get; private set; }

        public void ThrowFault()
        {
            if (_fault is { } fault)
                ExceptionDispatchInfo.Throw(fault);
        }

        public void Dispose()
        {
            if (Io is null)
                return;
            ffmpeg.av_freep(&Io->buffer);                   // not the one we gave, if FFmpeg wanted a larger one
            var io = Io;
            ffmpeg.avio_context_free(&io);
            Io = null;
            _self.Free();
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static int Read(void* opaque, byte* buffer, int size)
        {
            var source = (Source)GCHandle.FromIntPtr((nint)opaque).Target!;
            try
            {
                return source._bytes.Read(new Span<byte>(buffer, size)) is > 0 and var count ? count : ffmpeg.AVERROR_EOF;
            }
            catch (Exception e)
            {
                source._fault = e;
                return ffmpeg.AVERROR_EXTERNAL;
            }
        }
    }
}
