using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>Writes packets into a container file (AVFormatContext for output). Streams first, then the header, packets, and the end.</summary>
internal sealed unsafe class Muxer : SafeHandle
{
    private Muxer(AVFormatContext* context) : base(0, ownsHandle: true) => SetHandle((nint)context);

    public override bool IsInvalid => handle == 0;

    private AVFormatContext* Pointer => (AVFormatContext*)handle;

    /// <summary>Parameter sets go into the container's head rather than before each sync sample.</summary>
    public bool WantsGlobalHeader => (Pointer->oformat->flags & ffmpeg.AVFMT_GLOBALHEADER) != 0;

    /// <param name="path">A file, absolute; one that is there is written over.</param>
    /// <param name="format">FFmpeg's short name: matroska, avi, mpegts, mp4.</param>
    /// <exception cref="FFmpegException">There is no such format, or the file cannot be made.</exception>
    public static Muxer Create(string path, string format)
    {
        AVFormatContext* context = null;
        var url = "file:" + path;                           // so that no part of a path is taken for a protocol
        FFmpegException.Check(ffmpeg.avformat_alloc_output_context2(&context, null, format, url), "avformat_alloc_output_context2");
        var muxer = new Muxer(context);
        if (ffmpeg.avio_open(&context->pb, url, ffmpeg.AVIO_FLAG_WRITE) is < 0 and var error)
        {
            muxer.Dispose();
            throw new FFmpegException("avio_open", error);
        }
        return muxer;
    }

    /// <summary>A stream as it comes out of a container.</summary>
    public int AddStream(Demuxer source, int index) => Add(source.StreamPointer(index)->codecpar, source.StreamPointer(index)->time_base, source.StreamPointer(index));

    /// <summary>A stream as a bitstream filter hands it on.</summary>
    public int AddStream(BitstreamFilter filter, Demuxer source, int index) => Add(filter.Parameters, filter.TimeBase, source.StreamPointer(index));

    /// <summary>A stream as an encoder makes it.</summary>
    public int AddStream(Encoder encoder)
    {
        var stream = NewStream();
        FFmpegException.Check(ffmpeg.avcodec_parameters_from_context(stream->codecpar, encoder.Pointer), "avcodec_parameters_from_context");
        stream->time_base = encoder.TimeBase;
        stream->avg_frame_rate = encoder.Pointer->framerate;
        stream->sample_aspect_ratio = encoder.Pointer->sample_aspect_ratio;
        return stream->index;
    }

    /// <summary>A stream of H.264 in Annex B that no encoder of FFmpeg makes.</summary>
    /// <param name="parameterSets">For the container's head, in Annex B; empty: they are in the stream alone.</param>
    public int AddH264(int width, int height, AVRational sampleAspect, AVRational timeBase, AVRational frameRate, ReadOnlySpan<byte> parameterSets)
    {
        var stream = NewStream();
        var parameters = stream->codecpar;
        (parameters->codec_type, parameters->codec_id, parameters->width, parameters->height) = (AVMediaType.AVMEDIA_TYPE_VIDEO, AVCodecID.AV_CODEC_ID_H264, width, height);
        if (!parameterSets.IsEmpty)
        {
            var room = parameterSets.Length + ffmpeg.AV_INPUT_BUFFER_PADDING_SIZE;
            parameters->extradata = (byte*)FFmpegException.Check(ffmpeg.av_malloc((nuint)room), "av_malloc");
            new Span<byte>(parameters->extradata, room).Clear();
            parameterSets.CopyTo(new Span<byte>(parameters->extradata, room));
            parameters->extradata_size = parameterSets.Length;
        }
        parameters->sample_aspect_ratio = stream->sample_aspect_ratio = sampleAspect;
        stream->time_base = timeBase;
        stream->avg_frame_rate = frameRate;
        return stream->index;
    }

    /// <summary>Asks for a time base; a container may choose another.</summary>
    public void SetTimeBase(int stream, AVRational timeBase) => Pointer->streams[stream]->time_base = timeBase;

    /// <summary>What the file says of itself: `title`, `comment`.</summary>
    public void SetMetadata(string key, string value) => FFmpegException.Check(ffmpeg.av_dict_set(&Pointer->metadata, key, value, 0), "av_dict_set");

    public void WriteHeader(params ReadOnlySpan<(string Key, string Value)> options)
    {
        AVDictionary* dictionary = null;
        foreach (var (key, value) in options)
            FFmpegException.Check(ffmpeg.av_dict_set(&dictionary, key, value, 0), "av_dict_set");
        var result = ffmpeg.avformat_write_header(Pointer, &dictionary);
        ffmpeg.av_dict_free(&dictionary);
        FFmpegException.Check(result, "avformat_write_header");
    }

    /// <summary>Writes a packet, between those of other streams as its time says. It is empty afterwards.</summary>
    /// <param name="timeBase">Of its times.</param>
    public void Write(Packet packet, int stream, AVRational timeBase)
    {
        ffmpeg.av_packet_rescale_ts(packet.Pointer, timeBase, Pointer->streams[stream]->time_base);
        packet.Pointer->stream_index = stream;
        FFmpegException.Check(ffmpeg.av_interleaved_write_frame(Pointer, packet.Pointer), "av_interleaved_write_frame");
    }

    /// <summary>What is held back, index and head; then the file is closed.</summary>
    public void Finish()
    {
        FFmpegException.Check(ffmpeg.av_write_trailer(Pointer), "av_write_trailer");
        FFmpegException.Check(ffmpeg.avio_closep(&Pointer->pb), "avio_closep");
    }

    protected override bool ReleaseHandle()
    {
        _ = ffmpeg.avio_closep(&Pointer->pb);               // after an error; Finish has asked before
        ffmpeg.avformat_free_context(Pointer);
        return true;
    }

    private int Add(AVCodecParameters* parameters, AVRational timeBase, AVStream* source)
    {
        var stream = NewStream();
        FFmpegException.Check(ffmpeg.avcodec_parameters_copy(stream->codecpar, parameters), "avcodec_parameters_copy");
        stream->codecpar->codec_tag = 0;                    // each container has its own
        stream->time_base = timeBase;
        stream->avg_frame_rate = source->avg_frame_rate;
        stream->sample_aspect_ratio = source->sample_aspect_ratio;
        return stream->index;
    }

    private AVStream* NewStream() => (AVStream*)FFmpegException.Check(ffmpeg.avformat_new_stream(Pointer, null), "avformat_new_stream");
}
