// SPDX-License-Identifier: GPL-2.0
/*
 * A stateful H.264 encoder without hardware, for tests: every macroblock is I_PCM (ITU-T H.264, 7.3.5.1), so that what is decoded is to the last bit what was
 * put in. It has what the kernel's virtual codec lacks: H.264, a bit rate, a GOP size, forced key frames, a header mode, cropping, and no control that repeats
 * parameter sets. Pictures between sync samples are P pictures whose macroblocks are intra, which is allowed.
 *
 * modprobe ipcm-h264 [multiplanar=1]
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <media/v4l2-ctrls.h>
#include <media/v4l2-device.h>
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>
#include <media/v4l2-mem2mem.h>
#include <media/videobuf2-vmalloc.h>

#define NAME "ipcm-h264"
#define LEAST 16
#define MOST_WIDTH 1920
#define MOST_HEIGHT 1088

static unsigned int multiplanar;
module_param(multiplanar, uint, 0444);
MODULE_PARM_DESC(multiplanar, "1: the interface with several planes (NV12 still lies in one)");

static struct platform_device *platform;
static struct v4l2_device v4l2;
static struct video_device node;
static struct v4l2_m2m_dev *m2m;
static DEFINE_MUTEX(node_lock);

static const u32 raw_formats[] = { V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420 };
static const struct v4l2_event eos = { .type = V4L2_EVENT_EOS };

struct context {
	struct v4l2_fh fh;
	struct v4l2_ctrl_handler controls;
	u32 raw;
	unsigned int width, height;		/* multiples of 16 */
	struct v4l2_rect crop;
	struct v4l2_fract frame_time;
	u32 sequence;
	unsigned int gop, since_sync, frame_num, idr;
	int header_mode;
	bool force, has_headers;
};

static struct context *context_of(struct file *file)
{
	return container_of(file->private_data, struct context, fh);
}

static unsigned int raw_size(const struct context *c)
{
	return c->width * c->height * 3 / 2;
}

/* 384 samples a macroblock, in the worst case half as many again against emulated start codes. */
static unsigned int coded_size(const struct context *c)
{
	return c->width / 16 * (c->height / 16) * 600 + 256;
}

/* The bit stream. */

struct writer {
	u8 *at, *end;
	u32 bits;
	int count, zeros;
	bool full;
};

static void emit(struct writer *w, u8 value)
{
	if (w->at == w->end)
		w->full = true;
	else
		*w->at++ = value;
}

static void put_byte(struct writer *w, u8 value)
{
	if (w->zeros == 2 && value <= 3) {
		emit(w, 3);			/* emulation_prevention_three_byte */
		w->zeros = 0;
	}
	emit(w, value);
	w->zeros = value ? 0 : w->zeros + 1;
}

static void put(struct writer *w, int count, u32 value)
{
	while (count-- > 0) {
		w->bits = w->bits << 1 | (value >> count & 1);
		if (++w->count == 8) {
			put_byte(w, w->bits);
			w->count = 0;
		}
	}
}

static void put_ue(struct writer *w, u32 value)
{
	int length = fls(value + 1);

	put(w, length - 1, 0);
	put(w, length, value + 1);
}

static void align_zero(struct writer *w)
{
	while (w->count)
		put(w, 1, 0);
}

static void begin_nal(struct writer *w, u8 header)
{
	emit(w, 0);
	emit(w, 0);
	emit(w, 0);
	emit(w, 1);
	emit(w, header);
	w->zeros = 0;
}

static void end_nal(struct writer *w)
{
	put(w, 1, 1);
	align_zero(w);
}

static void write_headers(struct writer *w, const struct context *c)
{
	unsigned int right = (c->width - c->crop.width) / 2, bottom = (c->height - c->crop.height) / 2;

	begin_nal(w, 0x67);
	put(w, 8, 66);				/* profile_idc: Baseline */
	put(w, 8, 0);
	put(w, 8, 51);				/* level_idc */
	put_ue(w, 0);				/* seq_parameter_set_id */
	put_ue(w, 0);				/* log2_max_frame_num_minus4 */
	put_ue(w, 2);				/* pic_order_cnt_type */
	put_ue(w, 1);				/* max_num_ref_frames */
	put(w, 1, 0);
	put_ue(w, c->width / 16 - 1);
	put_ue(w, c->height / 16 - 1);
	put(w, 2, 3);				/* frame_mbs_only_flag, direct_8x8_inference_flag */
	put(w, 1, right || bottom);		/* frame_cropping_flag */
	if (right || bottom) {
		put_ue(w, 0);
		put_ue(w, right);
		put_ue(w, 0);
		put_ue(w, bottom);
	}
	put(w, 1, 0);				/* vui_parameters_present_flag */
	end_nal(w);

	begin_nal(w, 0x68);
	put_ue(w, 0);				/* pic_parameter_set_id */
	put_ue(w, 0);				/* seq_parameter_set_id */
	put(w, 2, 0);				/* CAVLC */
	put_ue(w, 0);				/* one slice group */
	put_ue(w, 0);
	put_ue(w, 0);
	put(w, 3, 0);				/* no weighted prediction */
	put_ue(w, 0);
	put_ue(w, 0);
	put_ue(w, 0);
	put(w, 3, 4);				/* deblocking_filter_control_present_flag */
	end_nal(w);
}

static void write_block(struct writer *w, const u8 *from, unsigned int stride, unsigned int step, int size)
{
	int x, y;

	for (y = 0; y < size; y++, from += stride)
		for (x = 0; x < size; x++)
			put_byte(w, from[x * step]);
}

static void write_picture(struct writer *w, struct context *c, const u8 *luma, bool sync)
{
	const u8 *chroma = luma + c->width * c->height;
	bool planar = c->raw == V4L2_PIX_FMT_YUV420;
	unsigned int stride = planar ? c->width / 2 : c->width, step = planar ? 1 : 2;
	const u8 *cr = planar ? chroma + c->width * c->height / 4 : chroma + 1;
	unsigned int row, column;

	begin_nal(w, sync ? 0x65 : 0x41);
	put_ue(w, 0);				/* first_mb_in_slice */
	put_ue(w, sync ? 7 : 5);		/* slice_type: I, P */
	put_ue(w, 0);
	put(w, 4, c->frame_num);
	if (sync) {
		put_ue(w, c->idr++ & 1);	/* idr_pic_id */
		put(w, 2, 0);			/* dec_ref_pic_marking */
	} else {
		put(w, 3, 0);			/* no override, no modification, no marking */
	}
	put_ue(w, 0);				/* slice_qp_delta */
	put_ue(w, 1);				/* disable_deblocking_filter_idc */
	for (row = 0; row < c->height / 16; row++)
		for (column = 0; column < c->width / 16; column++) {
			unsigned int at = row * 8 * stride + column * 8 * step;

			if (!sync)
				put_ue(w, 0);	/* mb_skip_run */
			put_ue(w, sync ? 25 : 30);	/* mb_type: I_PCM */
			align_zero(w);
			write_block(w, luma + row * 16 * c->width + column * 16, c->width, 1, 16);
			write_block(w, chroma + at, stride, step, 8);
			write_block(w, cr + at, stride, step, 8);
		}
	end_nal(w);
}

/* The device. */

static void device_run(void *priv)
{
	struct context *c = priv;
	struct vb2_v4l2_buffer *src = v4l2_m2m_next_src_buf(c->fh.m2m_ctx);
	struct vb2_v4l2_buffer *dst = v4l2_m2m_dst_buf_remove(c->fh.m2m_ctx);
	u8 *to = vb2_plane_vaddr(&dst->vb2_buf, 0);
	const u8 *from = vb2_plane_vaddr(&src->vb2_buf, 0);
	struct writer w = { .at = to, .end = to + vb2_plane_size(&dst->vb2_buf, 0) };
	enum vb2_buffer_state state;
	bool sync;

	v4l2_m2m_buf_copy_metadata(src, dst, false);
	dst->sequence = c->sequence++;
	if (!c->has_headers) {
		write_headers(&w, c);
		c->has_headers = true;
		if (c->header_mode == V4L2_MPEG_VIDEO_HEADER_MODE_SEPARATE) {
			vb2_set_plane_payload(&dst->vb2_buf, 0, w.at - to);
			v4l2_m2m_buf_done(dst, VB2_BUF_STATE_DONE);
			v4l2_m2m_job_finish(m2m, c->fh.m2m_ctx);	/* and again, for the picture */
			return;
		}
	}
	sync = c->force || !c->since_sync || c->since_sync >= c->gop;
	if (sync)
		c->frame_num = c->since_sync = 0;
	c->force = false;
	write_picture(&w, c, from, sync);
	c->since_sync++;
	c->frame_num = (c->frame_num + 1) % 16;
	dst->flags |= sync ? V4L2_BUF_FLAG_KEYFRAME : V4L2_BUF_FLAG_PFRAME;
	vb2_set_plane_payload(&dst->vb2_buf, 0, w.at - to);
	if (v4l2_m2m_is_last_draining_src_buf(c->fh.m2m_ctx, src)) {
		dst->flags |= V4L2_BUF_FLAG_LAST;
		v4l2_event_queue_fh(&c->fh, &eos);
		v4l2_m2m_mark_stopped(c->fh.m2m_ctx);
	}
	state = w.full ? VB2_BUF_STATE_ERROR : VB2_BUF_STATE_DONE;
	v4l2_m2m_src_buf_remove(c->fh.m2m_ctx);
	v4l2_m2m_buf_done(src, VB2_BUF_STATE_DONE);
	v4l2_m2m_buf_done(dst, state);
	v4l2_m2m_job_finish(m2m, c->fh.m2m_ctx);
}

static const struct v4l2_m2m_ops m2m_ops = { .device_run = device_run };

/* Buffers. */

static int queue_setup(struct vb2_queue *q, unsigned int *buffers, unsigned int *planes, unsigned int sizes[], struct device *devices[])
{
	struct context *c = vb2_get_drv_priv(q);
	unsigned int size = V4L2_TYPE_IS_OUTPUT(q->type) ? raw_size(c) : coded_size(c);

	if (*planes)
		return sizes[0] < size ? -EINVAL : 0;
	*planes = 1;
	sizes[0] = size;
	return 0;
}

static int buf_out_validate(struct vb2_buffer *vb)
{
	to_vb2_v4l2_buffer(vb)->field = V4L2_FIELD_NONE;
	return 0;
}

static int buf_prepare(struct vb2_buffer *vb)
{
	struct context *c = vb2_get_drv_priv(vb->vb2_queue);
	unsigned int size = V4L2_TYPE_IS_OUTPUT(vb->type) ? raw_size(c) : coded_size(c);

	return vb2_plane_size(vb, 0) < size ? -EINVAL : 0;
}

static void buf_queue(struct vb2_buffer *vb)
{
	struct context *c = vb2_get_drv_priv(vb->vb2_queue);
	struct vb2_v4l2_buffer *buffer = to_vb2_v4l2_buffer(vb);

	if (V4L2_TYPE_IS_CAPTURE(vb->type) && vb2_is_streaming(vb->vb2_queue) && v4l2_m2m_dst_buf_is_last(c->fh.m2m_ctx)) {
		vb2_set_plane_payload(vb, 0, 0);
		buffer->field = V4L2_FIELD_NONE;
		buffer->sequence = c->sequence++;
		v4l2_m2m_last_buffer_done(c->fh.m2m_ctx, buffer);
		v4l2_event_queue_fh(&c->fh, &eos);
		return;
	}
	v4l2_m2m_buf_queue(c->fh.m2m_ctx, buffer);
}

static int start_streaming(struct vb2_queue *q, unsigned int count)
{
	struct context *c = vb2_get_drv_priv(q);

	v4l2_m2m_update_start_streaming_state(c->fh.m2m_ctx, q);
	c->since_sync = 0;
	if (V4L2_TYPE_IS_CAPTURE(q->type)) {
		c->sequence = 0;
		c->has_headers = false;
	}
	return 0;
}

static void stop_streaming(struct vb2_queue *q)
{
	struct context *c = vb2_get_drv_priv(q);
	struct vb2_v4l2_buffer *buffer;

	while ((buffer = V4L2_TYPE_IS_OUTPUT(q->type) ? v4l2_m2m_src_buf_remove(c->fh.m2m_ctx) : v4l2_m2m_dst_buf_remove(c->fh.m2m_ctx)))
		v4l2_m2m_buf_done(buffer, VB2_BUF_STATE_ERROR);
	v4l2_m2m_update_stop_streaming_state(c->fh.m2m_ctx, q);
	if (V4L2_TYPE_IS_OUTPUT(q->type) && v4l2_m2m_has_stopped(c->fh.m2m_ctx))
		v4l2_event_queue_fh(&c->fh, &eos);
}

static const struct vb2_ops queue_ops = {
	.queue_setup = queue_setup,
	.buf_out_validate = buf_out_validate,
	.buf_prepare = buf_prepare,
	.buf_queue = buf_queue,
	.start_streaming = start_streaming,
	.stop_streaming = stop_streaming,
	.wait_prepare = vb2_ops_wait_prepare,
	.wait_finish = vb2_ops_wait_finish,
};

static int init_queue(struct vb2_queue *q, struct context *c, enum v4l2_buf_type single, enum v4l2_buf_type multi)
{
	q->type = multiplanar ? multi : single;
	q->io_modes = VB2_MMAP | VB2_DMABUF;
	q->drv_priv = c;
	q->buf_struct_size = sizeof(struct v4l2_m2m_buffer);
	q->ops = &queue_ops;
	q->mem_ops = &vb2_vmalloc_memops;
	q->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	q->lock = &node_lock;
	return vb2_queue_init(q);
}

static int init_queues(void *priv, struct vb2_queue *src, struct vb2_queue *dst)
{
	int error = init_queue(src, priv, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);

	return error ? error : init_queue(dst, priv, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE);
}

/* Formats. */

static int querycap(struct file *file, void *priv, struct v4l2_capability *cap)
{
	strscpy(cap->driver, NAME, sizeof(cap->driver));
	strscpy(cap->card, "I_PCM H.264 encoder", sizeof(cap->card));
	strscpy(cap->bus_info, "platform:" NAME, sizeof(cap->bus_info));
	return 0;
}

static int enum_capture(struct file *file, void *priv, struct v4l2_fmtdesc *f)
{
	f->pixelformat = V4L2_PIX_FMT_H264;
	return f->index ? -EINVAL : 0;
}

static int enum_output(struct file *file, void *priv, struct v4l2_fmtdesc *f)
{
	if (f->index >= ARRAY_SIZE(raw_formats))
		return -EINVAL;
	f->pixelformat = raw_formats[f->index];
	return 0;
}

static void describe(const struct context *c, struct v4l2_format *f)
{
	bool raw = V4L2_TYPE_IS_OUTPUT(f->type);
	u32 fourcc = raw ? c->raw : V4L2_PIX_FMT_H264, size = raw ? raw_size(c) : coded_size(c), line = raw ? c->width : 0;

	if (multiplanar) {
		struct v4l2_pix_format_mplane *pix = &f->fmt.pix_mp;

		memset(pix, 0, sizeof(*pix));
		pix->width = c->width;
		pix->height = c->height;
		pix->pixelformat = fourcc;
		pix->field = V4L2_FIELD_NONE;
		pix->colorspace = V4L2_COLORSPACE_REC709;
		pix->num_planes = 1;
		pix->plane_fmt[0].sizeimage = size;
		pix->plane_fmt[0].bytesperline = line;
	} else {
		struct v4l2_pix_format *pix = &f->fmt.pix;

		memset(pix, 0, sizeof(*pix));
		pix->width = c->width;
		pix->height = c->height;
		pix->pixelformat = fourcc;
		pix->field = V4L2_FIELD_NONE;
		pix->colorspace = V4L2_COLORSPACE_REC709;
		pix->sizeimage = size;
		pix->bytesperline = line;
	}
}

static int get_format(struct file *file, void *priv, struct v4l2_format *f)
{
	describe(context_of(file), f);
	return 0;
}

/* What would become of it, in a copy of the context. */
static void consider(struct context *c, const struct v4l2_format *f)
{
	u32 width = multiplanar ? f->fmt.pix_mp.width : f->fmt.pix.width, height = multiplanar ? f->fmt.pix_mp.height : f->fmt.pix.height;
	u32 fourcc = multiplanar ? f->fmt.pix_mp.pixelformat : f->fmt.pix.pixelformat;

	if (!V4L2_TYPE_IS_OUTPUT(f->type))
		return;					/* its size is that of the raw side */
	c->width = round_up(clamp_t(u32, width, LEAST, MOST_WIDTH), 16);
	c->height = round_up(clamp_t(u32, height, LEAST, MOST_HEIGHT), 16);
	c->raw = fourcc == raw_formats[1] ? raw_formats[1] : raw_formats[0];
}

static int try_format(struct file *file, void *priv, struct v4l2_format *f)
{
	struct context copy = *context_of(file);

	consider(&copy, f);
	describe(&copy, f);
	return 0;
}

static int set_format(struct file *file, void *priv, struct v4l2_format *f)
{
	struct context *c = context_of(file);

	if (vb2_is_busy(v4l2_m2m_get_vq(c->fh.m2m_ctx, f->type)))
		return -EBUSY;
	consider(c, f);
	if (V4L2_TYPE_IS_OUTPUT(f->type))
		c->crop = (struct v4l2_rect) { .width = c->width, .height = c->height };
	describe(c, f);
	return 0;
}

static int get_selection(struct file *file, void *priv, struct v4l2_selection *s)
{
	struct context *c = context_of(file);

	if (s->type != V4L2_BUF_TYPE_VIDEO_OUTPUT)
		return -EINVAL;
	switch (s->target) {
	case V4L2_SEL_TGT_CROP:
		s->r = c->crop;
		return 0;
	case V4L2_SEL_TGT_CROP_DEFAULT:
	case V4L2_SEL_TGT_CROP_BOUNDS:
		s->r = (struct v4l2_rect) { .width = c->width, .height = c->height };
		return 0;
	}
	return -EINVAL;
}

static int set_selection(struct file *file, void *priv, struct v4l2_selection *s)
{
	struct context *c = context_of(file);

	if (s->type != V4L2_BUF_TYPE_VIDEO_OUTPUT || s->target != V4L2_SEL_TGT_CROP)
		return -EINVAL;
	c->crop.width = clamp_t(u32, s->r.width, 2, c->width) & ~1u;
	c->crop.height = clamp_t(u32, s->r.height, 2, c->height) & ~1u;
	s->r = c->crop;
	return 0;
}

static int get_parm(struct file *file, void *priv, struct v4l2_streamparm *p)
{
	if (!V4L2_TYPE_IS_OUTPUT(p->type))
		return -EINVAL;
	p->parm.output.capability = V4L2_CAP_TIMEPERFRAME;
	p->parm.output.timeperframe = context_of(file)->frame_time;
	return 0;
}

static int set_parm(struct file *file, void *priv, struct v4l2_streamparm *p)
{
	if (!V4L2_TYPE_IS_OUTPUT(p->type))
		return -EINVAL;
	if (p->parm.output.timeperframe.numerator && p->parm.output.timeperframe.denominator)
		context_of(file)->frame_time = p->parm.output.timeperframe;
	return get_parm(file, priv, p);
}

static int encoder_command(struct file *file, void *priv, struct v4l2_encoder_cmd *command)
{
	struct context *c = context_of(file);
	int error = v4l2_m2m_ioctl_encoder_cmd(file, priv, command);

	if (error < 0)
		return error;
	if (command->cmd == V4L2_ENC_CMD_STOP && v4l2_m2m_has_stopped(c->fh.m2m_ctx))
		v4l2_event_queue_fh(&c->fh, &eos);
	if (command->cmd == V4L2_ENC_CMD_START && v4l2_m2m_has_stopped(c->fh.m2m_ctx))
		vb2_clear_last_buffer_dequeued(&c->fh.m2m_ctx->cap_q_ctx.q);
	return 0;
}

static int subscribe(struct v4l2_fh *fh, const struct v4l2_event_subscription *s)
{
	return s->type == V4L2_EVENT_EOS ? v4l2_event_subscribe(fh, s, 2, NULL) : v4l2_ctrl_subscribe_event(fh, s);
}

static const struct v4l2_ioctl_ops ioctl_ops = {
	.vidioc_querycap = querycap,
	.vidioc_enum_fmt_vid_cap = enum_capture,
	.vidioc_enum_fmt_vid_out = enum_output,
	.vidioc_g_fmt_vid_cap = get_format,
	.vidioc_try_fmt_vid_cap = try_format,
	.vidioc_s_fmt_vid_cap = set_format,
	.vidioc_g_fmt_vid_out = get_format,
	.vidioc_try_fmt_vid_out = try_format,
	.vidioc_s_fmt_vid_out = set_format,
	.vidioc_g_fmt_vid_cap_mplane = get_format,
	.vidioc_try_fmt_vid_cap_mplane = try_format,
	.vidioc_s_fmt_vid_cap_mplane = set_format,
	.vidioc_g_fmt_vid_out_mplane = get_format,
	.vidioc_try_fmt_vid_out_mplane = try_format,
	.vidioc_s_fmt_vid_out_mplane = set_format,
	.vidioc_g_selection = get_selection,
	.vidioc_s_selection = set_selection,
	.vidioc_g_parm = get_parm,
	.vidioc_s_parm = set_parm,
	.vidioc_reqbufs = v4l2_m2m_ioctl_reqbufs,
	.vidioc_querybuf = v4l2_m2m_ioctl_querybuf,
	.vidioc_qbuf = v4l2_m2m_ioctl_qbuf,
	.vidioc_dqbuf = v4l2_m2m_ioctl_dqbuf,
	.vidioc_prepare_buf = v4l2_m2m_ioctl_prepare_buf,
	.vidioc_create_bufs = v4l2_m2m_ioctl_create_bufs,
	.vidioc_expbuf = v4l2_m2m_ioctl_expbuf,
	.vidioc_streamon = v4l2_m2m_ioctl_streamon,
	.vidioc_streamoff = v4l2_m2m_ioctl_streamoff,
	.vidioc_try_encoder_cmd = v4l2_m2m_ioctl_try_encoder_cmd,
	.vidioc_encoder_cmd = encoder_command,
	.vidioc_subscribe_event = subscribe,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};

/* Controls. */

static int set_control(struct v4l2_ctrl *control)
{
	struct context *c = container_of(control->handler, struct context, controls);

	switch (control->id) {
	case V4L2_CID_MPEG_VIDEO_GOP_SIZE:
		c->gop = control->val;
		break;
	case V4L2_CID_MPEG_VIDEO_HEADER_MODE:
		c->header_mode = control->val;
		break;
	case V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME:
		c->force = true;
		break;
	}
	return 0;					/* a bit rate is taken and cannot be kept */
}

static const struct v4l2_ctrl_ops control_ops = { .s_ctrl = set_control };

static int open_node(struct file *file)
{
	struct context *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int error;

	if (!c)
		return -ENOMEM;
	c->raw = raw_formats[0];
	c->width = 1280;
	c->height = 720;
	c->crop = (struct v4l2_rect) { .width = 1280, .height = 720 };
	c->frame_time = (struct v4l2_fract) { 1, 25 };
	v4l2_fh_init(&c->fh, &node);
	v4l2_ctrl_handler_init(&c->controls, 4);
	v4l2_ctrl_new_std(&c->controls, &control_ops, V4L2_CID_MPEG_VIDEO_BITRATE, 100000, 100000000, 1, 4000000);
	v4l2_ctrl_new_std(&c->controls, &control_ops, V4L2_CID_MPEG_VIDEO_GOP_SIZE, 1, 600, 1, 12);
	v4l2_ctrl_new_std(&c->controls, &control_ops, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 0, 0, 0, 0);
	v4l2_ctrl_new_std_menu(&c->controls, &control_ops, V4L2_CID_MPEG_VIDEO_HEADER_MODE, V4L2_MPEG_VIDEO_HEADER_MODE_JOINED_WITH_1ST_FRAME, 0,
			       V4L2_MPEG_VIDEO_HEADER_MODE_SEPARATE);
	error = c->controls.error;
	if (!error) {
		v4l2_ctrl_handler_setup(&c->controls);
		c->force = false;
		c->fh.m2m_ctx = v4l2_m2m_ctx_init(m2m, c, init_queues);
		error = PTR_ERR_OR_ZERO(c->fh.m2m_ctx);
	}
	if (error) {
		v4l2_ctrl_handler_free(&c->controls);
		v4l2_fh_exit(&c->fh);
		kfree(c);
		return error;
	}
	c->fh.ctrl_handler = &c->controls;
	file->private_data = &c->fh;
	v4l2_fh_add(&c->fh);
	return 0;
}

static int close_node(struct file *file)
{
	struct context *c = context_of(file);

	mutex_lock(&node_lock);
	v4l2_m2m_ctx_release(c->fh.m2m_ctx);
	mutex_unlock(&node_lock);
	v4l2_fh_del(&c->fh);
	v4l2_fh_exit(&c->fh);
	v4l2_ctrl_handler_free(&c->controls);
	kfree(c);
	return 0;
}

static const struct v4l2_file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = open_node,
	.release = close_node,
	.poll = v4l2_m2m_fop_poll,
	.mmap = v4l2_m2m_fop_mmap,
	.unlocked_ioctl = video_ioctl2,
};

static int __init load(void)
{
	int error;

	platform = platform_device_register_simple(NAME, -1, NULL, 0);
	if (IS_ERR(platform))
		return PTR_ERR(platform);
	strscpy(v4l2.name, NAME, sizeof(v4l2.name));	/* else it is the driver's of the device, which has none */
	error = v4l2_device_register(&platform->dev, &v4l2);
	if (error)
		goto no_v4l2;
	m2m = v4l2_m2m_init(&m2m_ops);
	error = PTR_ERR_OR_ZERO(m2m);
	if (error)
		goto no_m2m;
	strscpy(node.name, NAME, sizeof(node.name));
	node.vfl_dir = VFL_DIR_M2M;
	node.fops = &file_ops;
	node.ioctl_ops = &ioctl_ops;
	node.release = video_device_release_empty;
	node.lock = &node_lock;
	node.v4l2_dev = &v4l2;
	node.device_caps = V4L2_CAP_STREAMING | (multiplanar ? V4L2_CAP_VIDEO_M2M_MPLANE : V4L2_CAP_VIDEO_M2M);
	error = video_register_device(&node, VFL_TYPE_VIDEO, -1);
	if (!error)
		return 0;
	v4l2_m2m_release(m2m);
no_m2m:
	v4l2_device_unregister(&v4l2);
no_v4l2:
	platform_device_unregister(platform);
	return error;
}

static void __exit unload(void)
{
	video_unregister_device(&node);
	v4l2_m2m_release(m2m);
	v4l2_device_unregister(&v4l2);
	platform_device_unregister(platform);
}

module_init(load);
module_exit(unload);
MODULE_DESCRIPTION("Stateful H.264 encoder for tests: I_PCM");
MODULE_LICENSE("GPL");
