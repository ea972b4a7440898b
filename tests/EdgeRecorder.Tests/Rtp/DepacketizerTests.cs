using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Rtp;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Rtsp;

namespace EdgeRecorder.Tests.Rtp;

/// <summary>Packets as the RFCs draw them, written here by hand.</summary>
public sealed class DepacketizerTests
{
    private static readonly byte[] Sps = Convert.FromHexString("6742c00cda05067e7c0440000003004000000ca3c50aa8");
    private static readonly byte[] Pps = [0x68, 0xCE, 0x3C, 0x80];
    private static readonly byte[] Idr = [0x65, 0x88, 0x84, 1, 2, 3, 4, 5, 6, 7];
    private static readonly byte[] Slice = [0x41, 0x9A, 8, 9];
    private static readonly byte[] Unreferenced = [0x01, 0x9A, 8, 9];
    private static readonly byte[] SecondSlice = [0x41, 0x40, 8, 9];        // first_mb_in_slice = 1

    [Fact]
    public void H264_single_aggregated_and_fragmented_units_give_the_same_picture()
    {
        var expected = Hex(Sps, Pps, Idr);
        Assert.Equal([expected], new Camera().Unit([Sps, Pps, Idr]).Units());
        Assert.Equal([expected], new Camera().Unit([[0x78, .. Sized(Sps), .. Sized(Pps), .. Sized(Idr)]]).Units());              // STAP-A
        Assert.Equal([expected], new Camera().Unit([[0x79, 0, 1, .. Sized(Sps), .. Sized(Pps), .. Sized(Idr)]]).Units());        // STAP-B
        Assert.Equal([expected], new Camera().Unit([[0x78, .. Sized(Sps), .. Sized(Pps)],
            [0x7C, 0x85, .. Idr[1..3]], [0x7C, 0x05, .. Idr[3..5]], [0x7C, 0x45, .. Idr[5..]]]).Units());                       // FU-A
        Assert.Equal([expected], new Camera().Unit([[0x7C, 0x87, .. Sps[1..9]], [0x7C, 0x47, .. Sps[9..]], Pps, Idr]).Units());  // an SPS in fragments
        Assert.Equal([expected], new Camera().Unit([[0, 0, 0, 1, .. Sps, 0, 0, 1, .. Pps, 0, 0, 1, .. Idr]]).Units());           // start codes inside
    }

    [Fact]
    public void Known_parameter_sets_are_put_before_a_sync_sample_and_before_its_sei()
    {
        byte[] sei = [0x06, 0x05, 0x01, 0xAA, 0x80];
        var camera = new Camera().Unit([Sps, Pps, Idr]).Unit([Slice]).Unit([sei, Idr]);

        Assert.Equal([Hex(Sps, Pps, Idr), Hex(Slice), Hex(Sps, Pps, sei, Idr)], camera.Units());
    }

    [Fact]
    public void Nothing_comes_before_the_first_sync_sample_with_parameter_sets()
        => Assert.Equal([Hex(Sps, Pps, Idr)], new Camera().Unit([Slice]).Unit([Idr]).Unit([Sps]).Unit([Pps, Idr]).Units());

    [Fact]
    public void A_camera_that_marks_every_nal_unit_keeps_its_pictures_whole()
    {
        var camera = new Camera { MarkAll = true };
        for (var i = 0; i < 8; i++)
            camera.Unit([Sps, Pps, Idr, SecondSlice]);

        Assert.All(camera.Units(), unit => Assert.Equal(Hex(Sps, Pps, Idr, SecondSlice), unit));
        Assert.Equal(7, camera.Units().Length);             // the last one waits for the next time stamp
    }

    [Fact]
    public void A_camera_that_never_marks_is_cut_by_its_time_stamps()
    {
        var camera = new Camera { MarkNone = true };
        for (var i = 0; i < 5; i++)
            camera.Unit([Sps, Pps, Idr, SecondSlice]);

        Assert.Equal(4, camera.Units().Length);
    }

    [Fact]
    public void Markers_that_proved_right_end_a_picture_at_once()
    {
        var camera = new Camera();
        for (var i = 0; i < 6; i++)
            camera.Unit([Sps, Pps, Idr]);

        Assert.Equal(6, camera.Sink.Units.Count);
    }

    [Fact]
    public void A_lost_packet_drops_pictures_up_to_the_next_sync_sample()
    {
        var camera = Trusted();
        var before = camera.Sink.Units.Count;

        camera.Unit([Slice]).Unit([Slice, SecondSlice], lose: 1).Unit([Slice]).Unit([Idr]).Unit([Slice]);

        var after = camera.Sink.Units.Skip(before).ToArray();
        Assert.Equal([false, true, false], after.Select(unit => unit.LossBefore));
        Assert.Equal([false, true, false], after.Select(unit => unit.IsSync));
        Assert.Equal(2, camera.Sink.LostUnits);
    }

    [Fact]
    public void A_loss_inside_a_picture_that_nothing_refers_to_costs_that_picture_alone()
    {
        var camera = Trusted();
        var before = camera.Sink.Units.Count;

        camera.Unit([Slice]).Unit([Unreferenced, [0x01, 0x40, 1], [0x01, 0x40, 2]], lose: 1).Unit([Slice]);

        var after = camera.Sink.Units.Skip(before).ToArray();
        Assert.Equal([false, true], after.Select(unit => unit.LossBefore));
        Assert.Equal(1, camera.Sink.LostUnits);
    }

    [Fact]
    public void H265_single_aggregated_and_fragmented_units_give_the_same_picture()
    {
        byte[] vps = Convert.FromHexString("40010c01ffff01600000030090000003000003003cba0240"), sps = Convert.FromHexString("42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2f0168080000003008000000c84");
        byte[] pps = Convert.FromHexString("4401c073c189"), idr = [0x26, 0x01, 0xAF, 1, 2, 3, 4, 5, 6];
        var expected = Hex(vps, sps, pps, idr);

        Assert.Equal([expected], new Camera(Codec.H265).Unit([vps, sps, pps, idr]).Units());
        Assert.Equal([expected], new Camera(Codec.H265).Unit([[0x60, 1, .. Sized(vps), .. Sized(sps), .. Sized(pps), .. Sized(idr)]]).Units());
        Assert.Equal([expected], new Camera(Codec.H265).Unit([vps, sps, pps, [0x62, 1, 0x93, .. idr[2..4]], [0x62, 1, 0x13, .. idr[4..6]], [0x62, 1, 0x53, .. idr[6..]]]).Units());
    }

    [Fact]
    public void Pictures_that_refer_behind_the_first_clean_random_access_are_left_out()
    {
        byte[] vps = Convert.FromHexString("40010c01ffff01600000030090000003000003003cba0240"), sps = Convert.FromHexString("42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2f0168080000003008000000c84");
        byte[] pps = Convert.FromHexString("4401c073c189"), cra = [0x2A, 0x01, 0xAF, 1], rasl = [0x10, 0x01, 0xD0, 1], trail = [0x02, 0x01, 0xD0, 1];

        var units = new Camera(Codec.H265).Unit([vps, sps, pps, cra]).Unit([rasl]).Unit([trail]).Unit([cra]).Unit([rasl]).Units();

        Assert.Equal([Hex(vps, sps, pps, cra), Hex(trail), Hex(vps, sps, pps, cra), Hex(rasl)], units);
    }

    [Fact]
    public void An_access_unit_beyond_the_bound_ends_the_connection()
    {
        var camera = new Camera().Unit([Sps, Pps]);
        var error = Assert.Throws<ProtocolException>(() =>
        {
            camera.Packet([0x7C, 0x85, 0x88], marker: false);
            for (var i = 0; i < 200; i++)
                camera.Packet([0x7C, 0x05, .. new byte[60_000]], marker: false);
        });
        Assert.Equal("access unit", error.Field);
    }

    [Fact]
    public void Aac_high_bit_rate_carries_several_units_in_a_packet_and_one_unit_in_several()
    {
        var camera = new Camera(Codec.Aac);
        byte[] first = [1, 2, 3], second = [4, 5, 6, 7, 8];

        camera.Packet([0, 32, 0, 3 << 3, 0, 5 << 3, .. first, .. second], marker: true);
        camera.Time += 2048;
        camera.Packet([0, 16, 0, 5 << 3, .. second[..2]], marker: false).Packet([0, 16, 0, 5 << 3, .. second[2..]], marker: true);

        Assert.Equal(["010203", "0405060708", "0405060708"], camera.Sink.Units.Select(unit => Convert.ToHexString(unit.Bytes)));
        Assert.Equal([0, 1024, 2048], camera.Sink.Units.Select(unit => unit.Pts));
    }

    [Fact]
    public void G711_payloads_are_units_and_time_stamps_wrap()
    {
        var camera = new Camera(Codec.G711A) { Time = uint.MaxValue - 100 };
        for (var i = 0; i < 5; i++, camera.Time += 160)
            camera.Packet([1, 2, 3], marker: i == 0);

        Assert.Equal([0, 160, 320, 480, 640], camera.Sink.Units.Select(unit => unit.Pts));
    }

    [Theory]
    [InlineData(Codec.H264)]
    [InlineData(Codec.H265)]
    [InlineData(Codec.Aac)]
    public void Damaged_packets_never_do_more_than_end_the_connection(Codec codec)
    {
        var random = new Random(7);
        byte[][] good = codec switch
        {
            Codec.H264 => [[0x78, .. Sized(Sps), .. Sized(Pps)], [0x7C, 0x85, .. Idr[1..3]], [0x7C, 0x45, .. Idr[3..]], Slice],
            Codec.H265 => [[0x60, 1, .. Sized([0x40, 1, 0xC]), .. Sized([0x42, 1, 1, 1])], [0x62, 1, 0x93, 1, 2], [0x62, 1, 0x53, 3]],
            _ => [[0, 32, 0, 3 << 3, 0, 5 << 3, 1, 2, 3, 4, 5, 6, 7, 8]],
        };
        var inUseBefore = ChunkPool.Video.InUseBytes + ChunkPool.Audio.InUseBytes;
        var camera = new Camera(codec);
        foreach (var payload in good)
            foreach (var damaged in Damage.Of(payload, Damage.Rounds / good.Length))
            {
                camera.Time += (uint)random.Next(2) * 3600;
                try
                {
                    camera.Packet(damaged, marker: random.Next(2) == 0);
                }
                catch (ProtocolException)
                {
                    camera.Dispose();
                    camera = new Camera(codec);
                }
            }
        camera.Dispose();
        Assert.True(ChunkPool.Video.InUseBytes + ChunkPool.Audio.InUseBytes <= inUseBefore + 8 * 1024 * 1024);
    }

    [Fact]
    public void Damaged_headers_are_dropped_and_sixty_four_in_a_row_are_no_rtp()
    {
        var camera = new Camera().Unit([Sps, Pps, Idr]);
        for (var i = 0; i < 64; i++)
            camera.Raw([0x40, 1, 2, 3]);
        Assert.Throws<ProtocolException>(() => camera.Raw([0x40, 1, 2, 3]));
    }

    [Fact]
    public void A_steady_stream_allocates_nothing_but_the_pools_links()
    {
        using var receiver = new MediaReceiver(new ReleasingSink());
        var stream = receiver.Add(Camera.Format(Codec.H264), reorder: false);
        var packets = new List<byte[]>();
        var body = new byte[1400];
        for (var i = 0; i < 500; i++)
            packets.AddRange(Camera.Packets([Sps, Pps, [0x7C, 0x85, 0x88, .. body], .. Enumerable.Range(0, 20).Select(_ => (byte[])[0x7C, 0x05, .. body]), [0x7C, 0x45, .. body]], (uint)i * 3600, (ushort)(i * 24)));
        foreach (var packet in packets.Take(240))
            stream.Receive(packet, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var packet in packets.Skip(240))
            stream.Receive(packet, 2000);
        var chunks = packets.Sum(packet => (long)packet.Length) / ChunkPool.Video.ChunkSize;
        // The pool's lists grow once more where other tests use it beside this one; 24 bytes for each of 11,760 packets would be four times as much.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40 * chunks + 48 * 1024);
        Assert.True(receiver.Units > 480);
    }

    private static Camera Trusted()
    {
        var camera = new Camera();
        for (var i = 0; i < 5; i++)
            camera.Unit([Sps, Pps, Idr]);
        return camera;
    }

    private static byte[] Sized(byte[] nal) => [(byte)(nal.Length >> 8), (byte)nal.Length, .. nal];

    private static string Hex(params byte[][] nals) => string.Join(' ', nals.Select(Convert.ToHexString));

    private sealed class ReleasingSink : ISourceSink
    {
        public void Announce(IReadOnlyList<Track> tracks) => Assert.Single(tracks);
        public void Add(in AccessUnit unit) => unit.Payload.Release();
        public void Lost(int accessUnits, string why) => Assert.Fail(why);
    }

    /// <summary>Writes packets and hands them to a receiver.</summary>
    private sealed class Camera(Codec codec = Codec.H264) : IDisposable
    {
        private MediaReceiver? _receiver;
        private RtpStream? _stream;
        private ushort _sequence = 65530;

        public CollectingSink Sink { get; } = new();
        public bool MarkAll { get; init; }
        public bool MarkNone { get; init; }
        public uint Time { get; set; }

        public static MediaFormat Format(Codec codec) => new()
        {
            PayloadType = 96,
            ClockRate = codec is Codec.H264 or Codec.H265 ? 90_000 : codec == Codec.Aac ? 48_000 : 8000,
            Track = new Track { Codec = codec, TimeScale = codec is Codec.H264 or Codec.H265 ? 90_000 : codec == Codec.Aac ? 48_000 : 8000 },
        };

        public static IEnumerable<byte[]> Packets(byte[][] payloads, uint time, ushort sequence)
            => payloads.Select((payload, i) => Bytes(payload, i == payloads.Length - 1, time, (ushort)(sequence + i)));

        /// <summary>One picture, a packet per payload, the last one marked.</summary>
        public Camera Unit(byte[][] payloads, int lose = -1)
        {
            for (var i = 0; i < payloads.Length; i++)
                if (i == lose)
                    _sequence++;
                else
                    Packet(payloads[i], !MarkNone && (MarkAll || i == payloads.Length - 1));
            Time += 3600;
            return this;
        }

        public Camera Packet(byte[] payload, bool marker)
        {
            Raw(Bytes(payload, marker, Time, _sequence++));
            return this;
        }

        public void Raw(byte[] datagram)
        {
            _receiver ??= new(Sink);
            _stream ??= _receiver.Add(Format(codec), reorder: false);
            _stream.Receive(datagram, 1_000_000);
        }

        public string[] Units()
        {
            _receiver!.End();
            return [.. Sink.Units.Select(unit => Hex([.. unit.NalUnits]))];
        }

        public void Dispose() => _receiver?.Dispose();

        private static byte[] Bytes(byte[] payload, bool marker, uint time, ushort sequence)
        {
            var bytes = new byte[RtpPacket.FixedHeaderLength + payload.Length];
            new RtpPacket { Marker = marker, PayloadType = 96, Sequence = sequence, Timestamp = time, Ssrc = 77, Payload = payload }.Write(bytes);
            return bytes;
        }
    }
}
