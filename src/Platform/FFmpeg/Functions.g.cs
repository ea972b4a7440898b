// Written by the program `generate` beside this file, from FFmpeg's C headers. Do not edit.
#nullable enable
#pragma warning disable CS8981, IDE1006, CA1707, CA1711, CA1712
using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

internal static unsafe partial class ffmpeg
{
    [LibraryImport("libavformat.so.59")]
    public static partial uint avformat_version();

    [LibraryImport("libavformat.so.59")]
    public static partial AVFormatContext* avformat_alloc_context();

    [LibraryImport("libavformat.so.59", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avformat_open_input(AVFormatContext** @ps, string? @url, AVInputFormat* @fmt, AVDictionary** @options);

    [LibraryImport("libavformat.so.59")]
    public static partial void avformat_close_input(AVFormatContext** @s);

    [LibraryImport("libavformat.so.59")]
    public static partial int avformat_find_stream_info(AVFormatContext* @ic, AVDictionary** @options);

    [LibraryImport("libavformat.so.59")]
    public static partial int av_read_frame(AVFormatContext* @s, AVPacket* @pkt);

    [LibraryImport("libavformat.so.59", StringMarshalling = StringMarshalling.Utf8)]
    public static partial AVInputFormat* av_find_input_format(string? @short_name);

    [LibraryImport("libavformat.so.59", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avformat_alloc_output_context2(AVFormatContext** @ctx, AVOutputFormat* @oformat, string? @format_name, string? @filename);

    [LibraryImport("libavformat.so.59")]
    public static partial AVStream* avformat_new_stream(AVFormatContext* @s, AVCodec* @c);

    [LibraryImport("libavformat.so.59")]
    public static partial int avformat_write_header(AVFormatContext* @s, AVDictionary** @options);

    [LibraryImport("libavformat.so.59")]
    public static partial int av_interleaved_write_frame(AVFormatContext* @s, AVPacket* @pkt);

    [LibraryImport("libavformat.so.59")]
    public static partial int av_write_trailer(AVFormatContext* @s);

    [LibraryImport("libavformat.so.59")]
    public static partial void avformat_free_context(AVFormatContext* @s);

    [LibraryImport("libavformat.so.59")]
    public static partial AVIOContext* avio_alloc_context(byte* @buffer, int @buffer_size, int @write_flag, void* @opaque, delegate* unmanaged[Cdecl]<void*, byte*, int, int> read_packet, delegate* unmanaged[Cdecl]<void*, byte*, int, int> write_packet, delegate* unmanaged[Cdecl]<void*, long, int, long> seek);

    [LibraryImport("libavformat.so.59")]
    public static partial void avio_context_free(AVIOContext** @s);

    [LibraryImport("libavformat.so.59", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avio_open(AVIOContext** @s, string? @url, int @flags);

    [LibraryImport("libavformat.so.59")]
    public static partial int avio_closep(AVIOContext** @s);

    [LibraryImport("libavcodec.so.59")]
    public static partial uint avcodec_version();

    [LibraryImport("libavcodec.so.59")]
    public static partial AVPacket* av_packet_alloc();

    [LibraryImport("libavcodec.so.59")]
    public static partial int av_new_packet(AVPacket* @pkt, int @size);

    [LibraryImport("libavcodec.so.59")]
    public static partial void av_packet_free(AVPacket** @pkt);

    [LibraryImport("libavcodec.so.59")]
    public static partial void av_packet_unref(AVPacket* @pkt);

    [LibraryImport("libavcodec.so.59")]
    public static partial void av_packet_move_ref(AVPacket* @dst, AVPacket* @src);

    [LibraryImport("libavcodec.so.59")]
    public static partial void av_packet_rescale_ts(AVPacket* @pkt, AVRational @tb_src, AVRational @tb_dst);

    [LibraryImport("libavcodec.so.59")]
    public static partial AVCodec* avcodec_find_decoder(AVCodecID @id);

    [LibraryImport("libavcodec.so.59", StringMarshalling = StringMarshalling.Utf8)]
    public static partial AVCodec* avcodec_find_encoder_by_name(string? @name);

    [LibraryImport("libavcodec.so.59")]
    public static partial AVCodecContext* avcodec_alloc_context3(AVCodec* @codec);

    [LibraryImport("libavcodec.so.59")]
    public static partial void avcodec_free_context(AVCodecContext** @avctx);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_parameters_to_context(AVCodecContext* @codec, AVCodecParameters* @par);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_parameters_from_context(AVCodecParameters* @par, AVCodecContext* @codec);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_parameters_copy(AVCodecParameters* @dst, AVCodecParameters* @src);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_open2(AVCodecContext* @avctx, AVCodec* @codec, AVDictionary** @options);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_send_packet(AVCodecContext* @avctx, AVPacket* @avpkt);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_receive_frame(AVCodecContext* @avctx, AVFrame* @frame);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_send_frame(AVCodecContext* @avctx, AVFrame* @frame);

    [LibraryImport("libavcodec.so.59")]
    public static partial int avcodec_receive_packet(AVCodecContext* @avctx, AVPacket* @avpkt);

    [LibraryImport("libavcodec.so.59", StringMarshalling = StringMarshalling.Utf8)]
    public static partial AVBitStreamFilter* av_bsf_get_by_name(string? @name);

    [LibraryImport("libavcodec.so.59")]
    public static partial int av_bsf_alloc(AVBitStreamFilter* @filter, AVBSFContext** @ctx);

    [LibraryImport("libavcodec.so.59")]
    public static partial int av_bsf_init(AVBSFContext* @ctx);

    [LibraryImport("libavcodec.so.59")]
    public static partial int av_bsf_send_packet(AVBSFContext* @ctx, AVPacket* @pkt);

    [LibraryImport("libavcodec.so.59")]
    public static partial int av_bsf_receive_packet(AVBSFContext* @ctx, AVPacket* @pkt);

    [LibraryImport("libavcodec.so.59")]
    public static partial void av_bsf_free(AVBSFContext** @ctx);

    [LibraryImport("libavutil.so.57")]
    public static partial uint avutil_version();

    [LibraryImport("libavutil.so.57")]
    public static partial AVFrame* av_frame_alloc();

    [LibraryImport("libavutil.so.57")]
    public static partial void av_frame_free(AVFrame** @frame);

    [LibraryImport("libavutil.so.57")]
    public static partial void av_frame_unref(AVFrame* @frame);

    [LibraryImport("libavutil.so.57")]
    public static partial void av_frame_move_ref(AVFrame* @dst, AVFrame* @src);

    [LibraryImport("libavutil.so.57")]
    public static partial int av_frame_get_buffer(AVFrame* @frame, int @align);

    [LibraryImport("libavutil.so.57")]
    public static partial int av_frame_make_writable(AVFrame* @frame);

    [LibraryImport("libavutil.so.57")]
    public static partial int av_strerror(int @errnum, byte* @errbuf, nuint @errbuf_size);

    [LibraryImport("libavutil.so.57", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int av_dict_set(AVDictionary** @pm, string? @key, string? @value, int @flags);

    [LibraryImport("libavutil.so.57")]
    public static partial void av_dict_free(AVDictionary** @m);

    [LibraryImport("libavutil.so.57")]
    public static partial void* av_malloc(nuint @size);

    [LibraryImport("libavutil.so.57")]
    public static partial void av_freep(void* @ptr);

    [LibraryImport("libavutil.so.57")]
    public static partial long av_rescale_q(long @a, AVRational @bq, AVRational @cq);

    [LibraryImport("libavutil.so.57")]
    public static partial void av_log_set_level(int @level);

    [LibraryImport("libavutil.so.57")]
    public static partial void av_channel_layout_default(AVChannelLayout* @ch_layout, int @nb_channels);

    [LibraryImport("libswscale.so.6")]
    public static partial uint swscale_version();

    [LibraryImport("libswscale.so.6")]
    public static partial SwsContext* sws_getContext(int @srcW, int @srcH, AVPixelFormat @srcFormat, int @dstW, int @dstH, AVPixelFormat @dstFormat, int @flags, SwsFilter* @srcFilter, SwsFilter* @dstFilter, double* @param);

    [LibraryImport("libswscale.so.6")]
    public static partial int sws_scale(SwsContext* @c, byte** @srcSlice, int* @srcStride, int @srcSliceY, int @srcSliceH, byte** @dst, int* @dstStride);

    [LibraryImport("libswscale.so.6")]
    public static partial void sws_freeContext(SwsContext* @swsContext);

    [LibraryImport("libswscale.so.6")]
    public static partial int* sws_getCoefficients(int @colorspace);

    [LibraryImport("libswscale.so.6")]
    public static partial int sws_setColorspaceDetails(SwsContext* @c, int* @inv_table, int @srcRange, int* @table, int @dstRange, int @brightness, int @contrast, int @saturation);
}
