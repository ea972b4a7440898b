using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Update;

namespace EdgeRecorder.Tests.Update;

public sealed class BootEnvironmentTests
{
    private const string FirstLine = "# GRUB Environment Block\n";

    private static byte[] Block(string text) => Encoding.ASCII.GetBytes((FirstLine + text).PadRight(1024, '#'));

    [Fact]
    public void What_is_written_is_what_was_read()
    {
        var block = Block("good=a\nmachine_id=\ntry=b\n");
        var environment = BootEnvironment.Parse(block);
        Assert.Equal(("a", "b", null, null), (environment[BootEnvironment.Good], environment[BootEnvironment.Try], environment["machine_id"], environment["other"]));
        Assert.Equal(block, environment.Write());
    }

    [Fact]
    public void Every_prefix_is_refused()
    {
        var block = Block("good=a\n");
        for (var length = 0; length < block.Length; length++)
            Assert.Throws<ProtocolException>(() => BootEnvironment.Parse(block.AsSpan(0, length)));
    }

    [Fact]
    public void Damaged_bytes_raise_ProtocolException_and_nothing_else()
    {
        var random = new Random(1);
        var refused = 0;
        for (var run = 0; run < 20_000; run++)
        {
            var block = Block("good=a\ntries=3\ntry=b\n");
            block[random.Next(64)] = (byte)random.Next(256);
            try
            {
                BootEnvironment.Parse(block);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 5000, 20_000);
    }

    [Fact]
    public void More_than_it_holds_is_said()
    {
        var environment = BootEnvironment.Parse(Block(""));
        environment["long"] = new string('x', 1000);
        Assert.Throws<UpdateException>(() => environment.Write());
    }
}
