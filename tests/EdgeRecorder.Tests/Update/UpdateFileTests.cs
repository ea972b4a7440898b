using EdgeRecorder.Bytes;
using EdgeRecorder.Update;

namespace EdgeRecorder.Tests.Update;

public sealed class UpdateFileTests : IDisposable
{
    private readonly MadeBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void Every_prefix_is_refused_and_nothing_else_happens()
    {
        var slot = MadeBox.Noise(2000, 6);
        var path = _box.Write(slot);
        var whole = File.ReadAllBytes(path);
        var end = whole.Length - 1024 - (int)(TarHeader.Padded(slot.Length) - slot.Length);   // behind the content only padding
        for (var length = 0; length < end; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<ProtocolException>(() => UpdateFile.Open(path, _box.Slots.KeyPath).Dispose());
        }
        File.WriteAllBytes(path, whole[..end]);
        UpdateFile.Open(path, _box.Slots.KeyPath).Dispose();
    }

    [Fact]
    public void Damaged_bytes_raise_ProtocolException_and_nothing_else()
    {
        var path = _box.Write(MadeBox.Noise(600, 7));
        var whole = File.ReadAllBytes(path);
        var random = new Random(8);
        var refused = 0;
        for (var run = 0; run < 5000; run++)
        {
            var damaged = whole.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, damaged);
            try
            {
                UpdateFile.Open(path, _box.Slots.KeyPath).Dispose();
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1000, 5000);                // padding, content and file owners do not matter to the opening
    }

    [Fact]
    public void A_size_that_no_file_has_is_refused_before_anything_is_allocated()
    {
        var members = _box.Members(MadeBox.Noise(600, 7)).ToArray();
        var path = _box.Write([("manifest.json", new byte[(64 << 10) + 1]), .. members[1..]]);
        Assert.Contains("more than 65536", Assert.Throws<ProtocolException>(() => UpdateFile.Open(path, _box.Slots.KeyPath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_the_files_is_fixed()
    {
        var path = _box.Write([.. _box.Members(MadeBox.Noise(600, 7)).Reverse()]);
        Assert.Contains("is slot.squashfs where manifest.json belongs", Assert.Throws<ProtocolException>(() => UpdateFile.Open(path, _box.Slots.KeyPath)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quiet edge-recorder.slot=b panic=10\n", "b")]
    [InlineData("edge-recorder.slot=a", "a")]
    [InlineData("edge-recorder.slot=c", null)]
    [InlineData("root=/dev/sda1 quiet\n", null)]
    public void The_running_slot_is_what_the_kernel_was_told(string arguments, string? slot) => Assert.Equal(slot, BoxSlots.SlotOf(arguments));
}
