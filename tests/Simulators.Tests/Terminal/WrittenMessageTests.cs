using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>What a terminal writes, against frames of other implementations and devices. J and K number the vectors of the project's fact sheet on JT/T 808 and 1078.</summary>
public sealed class WrittenMessageTests
{
    private const string Phone = "013912345678";

    private static readonly DateTime _january = new(2026, 1, 15, 8, 30, 45);

    [Fact]
    public void J1_registers_with_the_widths_of_2011() => Check(
        "7E010000241234567820110001001F006E63643132337777772E3830382E3736353433323101B2E2413132333435363738347E",
        0x0100, HeaderForm.V2011, "123456782011", 1, new Registration(31, 110, "cd123", "www.808.", "7654321", 1, "测A12345678").Write(HeaderForm.V2011));

    [Fact]
    public void J2_registers_with_the_widths_of_2013() => Check(
        "7E010000301234567820130001001F006E63643132337777772E3830382E636F6D0000000000000000003736353433323101B2E2413132333435363738437E",
        0x0100, HeaderForm.V2013, "123456782013", 1, new Registration(31, 110, "cd123", "www.808.com", "7654321", 1, "测A12345678").Write(HeaderForm.V2013));

    [Fact]
    public void J3_pads_its_id_in_front() => Check(
        "7E0100002D000123456789000A002800323132333400736D616C6C6368693132330000000000000000004348493132330001D4C14131323334358A7E",
        0x0100, HeaderForm.V2013, "000123456789", 10, new Registration(40, 50, "1234", "smallchi123", "CHI123", 1, "粤A12345").Write(HeaderForm.V2013));

    [Fact]
    public void J4_registers_with_the_widths_of_2019() => Check(
        "7E0100405701123456789012345620190001001F006E63643132333435363738397777772E3830382E636F6D00000000000000000000000000000000000000"
        + "37363534333231000000000000000000000000000000000000000000000001B2E24131323334353637388E7E",
        0x0100, HeaderForm.V2019, "12345678901234562019", 1, new Registration(31, 110, "cd123456789", "www.808.com", "7654321", 1, "测A12345678").Write(HeaderForm.V2019));

    [Fact]
    public void J8_authenticates() => Check(
        "7E010200091234567820130001393837363534333231017E", 0x0102, HeaderForm.V2013, "123456782013", 1, Code("987654321").Write(HeaderForm.V2013));

    [Fact]
    public void J9_authenticates_with_IMEI_and_software() => Check(
        "7E0102402D0112345678901234562019000109393837363534333231313233343536373839303132333435332E372E31350000000000000000000000000000B77E",
        0x0102, HeaderForm.V2019, "12345678901234562019", 1, new Authentication("987654321"u8.ToArray(), "123456789012345", "3.7.15").Write(HeaderForm.V2019));

    [Fact]
    public void J10_sets_bit_14_over_a_header_of_2013() => Check(
        "7E0102400C01003000068109024A3130303330303030363831857E",
        0x0102, HeaderForm.V2013WithBit14, "010030000681", 0x0902, Code("J10030000681").Write(HeaderForm.V2013WithBit14));

    [Theory]
    [InlineData("7E00020000012345678900000A817E", HeaderForm.V2013, "012345678900", 10)]                    // J11
    [InlineData("7E0002400001123456789012345620190001937E", HeaderForm.V2019, "12345678901234562019", 1)]     // J12
    [InlineData("7E00020000040021679287002B7D027E", HeaderForm.V2013, "040021679287", 43)]                  // J13: the check byte is escaped
    [InlineData("7E000200000139123456787D027D01317E", HeaderForm.V2013, Phone, 0x7E7D)]                     // J14: both bytes of the serial are
    internal void J11_to_J14_are_heartbeats(string frame, HeaderForm form, string phone, int serial)
        => Check(frame, 0x0002, form, phone, serial, []);

    [Fact]
    public void J15_escapes_what_is_inside_a_code() => Check(
        "7E010200050139123456780001417D01017D0242367E", 0x0102, HeaderForm.V2013, Phone, 1, new Authentication(Hex.Bytes("417D017E42")).Write(HeaderForm.V2013));

    [Fact]
    public void J16_unregisters() => Check("7E0003000001234567890000018B7E", 0x0003, HeaderForm.V2013, "012345678900", 1, []);

    [Fact]
    public void J17_and_J18_acknowledge()
    {
        Check("7E0001000501234567890004B303E8000200D37E", 0x0001, HeaderForm.V2013, "012345678900", 1203, TerminalMessages.GeneralReply(1000, 0x0002, 0));
        Check("7E000140050100000000017299841738FFFF007B01C803B57E", 0x0001, HeaderForm.V2019, "00000000017299841738", 65535, TerminalMessages.GeneralReply(123, 0x01C8, 3));
    }

    [Fact]
    public void J21_reports_a_position() => Check(
        "7E0200002611223344556622B8000000010000000200BA7F0E07E4F11C0028003C000018071510101001040000006402020037577E",
        0x0200, HeaderForm.V2013, "112233445566", 8888,
        new Location(1, 2, 12_222_222, 132_444_444, 40, 60, 0, new(2018, 7, 15, 10, 10, 10), [LocationItem.U32(1, 100), LocationItem.U16(2, 55)]).Write());

    [Fact]
    public void J22_reports_in_a_header_of_2019() => Check(
        "7E0200401C01123456789012345620190001000004000000080006EEB6AD02633DF7013800030063241001235959947E",
        0x0200, HeaderForm.V2019, "12345678901234562019", 1, new Location(0x400, 0x800, 116_307_629, 40_058_359, 312, 3, 99, new(2024, 10, 1, 23, 59, 59), []).Write());

    [Fact]
    public void J23_reports_UTC_and_long_private_items() => Check(
        "7E0200008801576000590301CA000000000000000201B3440D049B204B00DB000000002311240612360104000000001404000000041504000000001702000130011F31010DEB3F"
        + "000C00B28991102305828928061F00060089FFFFFFFF000600C5FFFFFFEF0004002D5A52001100D5383634353733303638363639353037000600F880000000EF0D00000000000000000011120000AE7E",
        0x0200, HeaderForm.V2013, "015760005903", 458,
        new Location(0, 2, 28_525_581, 77_275_211, 219, 0, 0, new(2023, 11, 24, 6, 12, 36),
        [
            LocationItem.U32(0x01, 0), LocationItem.U32(0x14, 4), LocationItem.U32(0x15, 0), LocationItem.U16(0x17, 1), LocationItem.U8(0x30, 31), LocationItem.U8(0x31, 13),
            new(0xEB, Hex.Bytes("000C00B28991102305828928061F00060089FFFFFFFF000600C5FFFFFFEF0004002D5A52001100D5383634353733303638363639353037000600F880000000")),
            new(0xEF, Hex.Bytes("00000000000000000011120000")),
        ]).Write());

    [Fact]
    public void J24_reports_items_of_1078_with_lengths_of_its_own() => Check(
        "7E0200005700000000777762F70008000000040003016653A706A255F8009E00000000200331070035010400000000030200002108000000A000056F672504000000002B04000000003001033101"
        + "0C160400000BFE1701021804011D00001404000000028A7E",
        0x0200, HeaderForm.V2013, "000000007777", 0x62F7,
        new Location(1 << 19, 0x40003, 0x016653A7, 0x06A255F8, 158, 0, 0, new(2020, 3, 31, 7, 0, 35),
        [
            LocationItem.U32(0x01, 0), LocationItem.U16(0x03, 0), new(0x21, Hex.Bytes("000000A000056F67")), LocationItem.U32(0x25, 0), LocationItem.U32(0x2B, 0),
            LocationItem.U8(0x30, 3), LocationItem.U8(0x31, 12), LocationItem.U32(0x16, 0xBFE), LocationItem.U8(0x17, 2), new(0x18, Hex.Bytes("011D0000")), LocationItem.U32(0x14, 2),
        ]).Write());

    [Fact]
    public void J26_and_J27_report_the_video_alarms_of_1078_in_both_headers()
    {
        var body = new Location(0, 3, 31_230_416, 121_473_701, 12, 305, 90, _january,
        [
            LocationItem.U32(0x14, 3), LocationItem.U32(0x15, 5), LocationItem.U32(0x16, 2), LocationItem.U16(0x17, 0x1001), new(0x18, [0, 2, 80]), LocationItem.U32(0x01, 100_000),
        ]).Write();

        Check(
            "7E0200003D0139123456780044000000000000000301DC89D0073D8AA5000C0131005A2601150830451404000000031504000000051604000000021702100118030002500104000186A0887E",
            0x0200, HeaderForm.V2013, Phone, 0x44, body);
        Check(
            "7E0200403D01000000000139123456780045000000000000000301DC89D0073D8AA5000C0131005A2601150830451404000000031504000000051604000000021702100118030002500104000186A0C87E",
            0x0200, HeaderForm.V2019, Phone, 0x45, body);
    }

    [Fact]
    public void J28_and_J29_report_several_positions_at_once()
    {
        Check(
            "7E0704005311223344556622B80002000026000000010000000200BA7F0E07E4F11C0028003C000018071510101001040000006402020037"
            + "0026000000020000000100CB735507E6A32300290036007818071510103001040000006002020042D47E",
            0x0704, HeaderForm.V2013, "112233445566", 8888, Location.WriteBatch(
            [
                new Location(1, 2, 12_222_222, 132_444_444, 40, 60, 0, new(2018, 7, 15, 10, 10, 10), [LocationItem.U32(1, 100), LocationItem.U16(2, 55)]).Write(),
                new Location(2, 1, 0xCB7355, 0x07E6A323, 41, 54, 120, new(2018, 7, 15, 10, 10, 30), [LocationItem.U32(1, 96), LocationItem.U16(2, 66)]).Write(),
            ],
            isBlind: false));

        var same = new Location(0x400, 0x800, 116_307_629, 40_058_359, 312, 3, 99, new(2024, 10, 1, 23, 59, 59), []).Write();
        Check(
            "7E0704403F01123456789012345620190001000200001C000004000000080006EEB6AD02633DF7013800030063241001235959001C000004000000080006EEB6AD02633DF7013800030063241001235959AF7E",
            0x0704, HeaderForm.V2019, "12345678901234562019", 1, Location.WriteBatch([same, same], isBlind: false));
    }

    [Fact]
    public void J34_answers_with_a_parameter() => Check(
        "7E0104000C000123456789000A00140100000001040000000A907E",
        0x0104, HeaderForm.V2013, "000123456789", 10, TerminalMessages.Parameters(20, [(1, [0, 0, 0, 10])]));

    [Fact]
    public void J36_authenticates_with_a_longer_phone() => Check(
        "7E0102402A010000000001391234567800020641314232433338363030303030303030303030303156312E30000000000000000000000000000000006A7E",
        0x0102, HeaderForm.V2019, Phone, 2, new Authentication("A1B2C3"u8.ToArray(), "860000000000001", "V1.0").Write(HeaderForm.V2019));

    [Fact]
    public void K2_says_what_it_can_send() => Check(
        "7E1003000A0000000100884E0406010001014000620808FF7E",
        0x1003, HeaderForm.V2013, "000000010088", 0x4E04, TerminalMessages.Attributes(new AvAttributes(6, 1, 0, 1, 320, false, 98, 8, 8)));

    [Fact]
    public void K7_acknowledges_0x9101() => Check(
        "7E0001000501391234567800330102910100947E", 0x0001, HeaderForm.V2013, Phone, 0x33, TerminalMessages.GeneralReply(0x0102, 0x9101, 0));

    [Fact]
    public void K15_lists_one_item() => Check(
        "7E1205002200000000100100000003000000010124110200000024110200010200000000000004000101010000000B2A7E",
        0x1205, HeaderForm.V2013, "000000001001", 0, TerminalMessages.FootageList(
            3, [new StoredItem(1, new(2024, 11, 2), new(2024, 11, 2, 0, 1, 2), 0x400, 1, 1, 1, 11)]));

    [Fact]
    public void K16_to_K18_list_in_two_packages()
    {
        var from = new DateTime(2026, 1, 15, 8, 0, 0);
        var to = new DateTime(2026, 1, 15, 8, 10, 0);
        var body = TerminalMessages.FootageList(0x0104, [new(1, from, to, 0, 0, 1, 1, 10_485_760), new(2, from, to, 1UL << 32, 0, 1, 1, 5_242_880)]);
        Assert.Equal(
            "01040000000201260115080000260115081000000000000000000000010100A0000002260115080000260115081000000000010000000000010100500000", Hex.Of(body));

        var frames = FrameWriter.Split(new SignalHeader(0x1205, HeaderForm.V2013, 1, Phone, 0x50), body, slice: 34);
        var wide = FrameWriter.Split(new SignalHeader(0x1205, HeaderForm.V2019, 1, Phone, 0x50), body, slice: 34);

        Assert.Equal("7E1205202201391234567800500002000101040000000201260115080000260115081000000000000000000000010100A00000C07E", Hex.Of(frames[0].Frame));
        Assert.Equal("7E1205201C01391234567800510002000202260115080000260115081000000000010000000000010100500000097E", Hex.Of(frames[1].Frame));
        Assert.Equal("7E1205601C010000000001391234567800510002000202260115080000260115081000000000010000000000010100500000487E", Hex.Of(wide[1].Frame));
    }

    [Fact]
    public void K25_reports_a_failed_upload() => Check(
        "7E120640030112345678901234567890FFFF1B8A01C67E", 0x1206, HeaderForm.V2019, "12345678901234567890", 65535, TerminalMessages.UploadDone(0x1B8A, 1));

    [Fact]
    public void K26_counts_passengers() => Check(
        "7E100500100139123456780060260115080000260115081000000C00074E7E",
        0x1005, HeaderForm.V2013, Phone, 0x60, TerminalMessages.Passengers(new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 10, 0), 12, 7));

    [Fact]
    public void A_header_of_2019_without_bit_14_is_written_too()
    {
        var frame = FrameWriter.Write(new SignalHeader(0x0002, HeaderForm.V2019WithoutBit14, 1, Phone, 1), []);

        Assert.Equal("7E000200000100000000013912345678000132", Hex.Of(frame)[..38]);
    }

    private static Authentication Code(string text) => new(System.Text.Encoding.ASCII.GetBytes(text));

    private static void Check(string expected, ushort id, HeaderForm form, string phone, int serial, byte[] body)
        => Assert.Equal(expected, Hex.Of(FrameWriter.Write(new SignalHeader(id, form, 1, phone, (ushort)serial), body)));
}
