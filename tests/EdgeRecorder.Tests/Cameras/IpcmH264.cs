namespace EdgeRecorder.Tests.Cameras;

/// <summary>
/// H.264 without compression: every macroblock is I_PCM (7.3.5.1), so that what is decoded is to the last bit what was put in. Writes Annex B; a P picture (all macroblocks intra, which is allowed)
/// between sync samples.
/// </summary>
internal sealed class IpcmH264(int width, int height)
{
    private readonly int _columns = (width + 15) / 16, _rows = (height + 15) / 16;
    private int _frameNumber;
    private int _idr;

    /// <param name="i420">Tight.</param>
    public byte[] Encode(ReadOnlySpan<byte> i420, bool isSync)
    {
        List<byte> stream = [];
        if (isSync)
        {
            _frameNumber = 0;
            Append(stream, 0x67, Sps());
            Append(stream, 0x68, Pps());
        }
        Append(stream, isSync ? (byte)0x65 : (byte)0x41, Slice(i420, isSync));
        _frameNumber = (_frameNumber + 1) % 16;
        return [.. stream];
    }

    private byte[] Sps()
    {
        var bits = new Bits();
        bits.Put(8, 66);                                    // profile_idc: Baseline
        bits.Put(8, 0);
        bits.Put(8, 51);                                    // level_idc
        bits.Ue(0);                                         // seq_parameter_set_id
        bits.Ue(0);                                         // log2_max_frame_num_minus4
        bits.Ue(2);                                         // pic_order_cnt_type
        bits.Ue(1);                                         // max_num_ref_frames
        bits.Put(1, 0);
        bits.Ue(_columns - 1);
        bits.Ue(_rows - 1);
        bits.Put(1, 1);                                     // frame_mbs_only_flag
        bits.Put(1, 1);                                     // direct_8x8_inference_flag
        var (right, bottom) = ((_columns * 16 - width) / 2, (_rows * 16 - height) / 2);
        bits.Put(1, right + bottom > 0 ? 1 : 0);
        if (right + bottom > 0)
            foreach (var crop in new[] { 0, right, 0, bottom })
                bits.Ue(crop);
        bits.Put(1, 0);                                     // vui_parameters_present_flag
        return bits.End();
    }

    private static byte[] Pps()
    {
        var bits = new Bits();
        bits.Ue(0);
        bits.Ue(0);
        bits.Put(2, 0);                                     // CAVLC
        bits.Ue(0);                                         // one slice group
        bits.Ue(0);
        bits.Ue(0);
        bits.Put(3, 0);                                     // no weighted prediction
        bits.Ue(0);
        bits.Ue(0);
        bits.Ue(0);
        bits.Put(3, 0b100);                                 // deblocking_filter_control_present_flag
        return bits.End();
    }

    private byte[] Slice(ReadOnlySpan<byte> i420, bool isSync)
    {
        var bits = new Bits();
        bits.Ue(0);                                         // first_mb_in_slice
        bits.Ue(isSync ? 7 : 5);                            // slice_type: I, P
        bits.Ue(0);
        bits.Put(4, _frameNumber);
        if (isSync)
        {
            bits.Ue(_idr++ & 1);                            // idr_pic_id
            bits.Put(2, 0);                                 // dec_ref_pic_marking
        }
        else
        {
            bits.Put(1, 0);                                 // num_ref_idx_active_override_flag
            bits.Put(1, 0);                                 // ref_pic_list_modification_flag_l0
            bits.Put(1, 0);                                 // adaptive_ref_pic_marking_mode_flag
        }
        bits.Ue(0);                                         // slice_qp_delta
        bits.Ue(1);                                         // disable_deblocking_filter_idc
        for (var row = 0; row < _rows; row++)
            for (var column = 0; column < _columns; column++)
            {
                if (!isSync)
                    bits.Ue(0);                             // mb_skip_run
                bits.Ue(isSync ? 25 : 30);                  // mb_type: I_PCM
                bits.Align();
                Block(bits, i420, 0, width, height, column * 16, row * 16, 16);
                Block(bits, i420, width * height, width / 2, height / 2, column * 8, row * 8, 8);
                Block(bits, i420, width * height * 5 / 4, width / 2, height / 2, column * 8, row * 8, 8);
            }
        return bits.End();
    }

    private static void Block(Bits bits, ReadOnlySpan<byte> i420, int plane, int width, int height, int left, int top, int size)
    {
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
                bits.Byte(i420[plane + Math.Min(top + y, height - 1) * width + Math.Min(left + x, width - 1)]);
    }

    private static void Append(List<byte> stream, byte header, byte[] rbsp)
    {
        stream.AddRange([0, 0, 0, 1, header]);
        var zeros = 0;
        foreach (var value in rbsp)
        {
            if (zeros == 2 && value <= 3)
            {
                stream.Add(3);                              // emulation_prevention_three_byte
                zeros = 0;
            }
            stream.Add(value);
            zeros = value == 0 ? zeros + 1 : 0;
        }
    }

    private sealed class Bits
    {
        private readonly List<byte> _bytes = [];
        private int _current, _count;

        public void Put(int count, int value)
        {
            for (var i = count - 1; i >= 0; i--)
            {
                _current = _current << 1 | value >> i & 1;
                if (++_count == 8)
                    Flush();
            }
        }

        public void Ue(int value)
        {
            var length = 32 - int.LeadingZeroCount(value + 1);
            Put(length - 1, 0);
            Put(length, value + 1);
        }

        public void Byte(byte value) => _bytes.Add(value);

        public void Align()
        {
            while (_count > 0)
                Put(1, 0);
        }

        public byte[] End()
        {
            Put(1, 1);                                      // rbsp_stop_one_bit
            Align();
            return [.. _bytes];
        }

        private void Flush()
        {
            _bytes.Add((byte)_current);
            (_current, _count) = (0, 0);
        }
    }
}
