using System.Diagnostics;
using System.Security.Cryptography;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Tests.Update;

public sealed class UpdaterTests : IDisposable
{
    private readonly MadeBox _box = new();
    private readonly byte[] _slot = MadeBox.Noise((2 << 20) + 777, 3);

    public void Dispose() => _box.Dispose();

    [Fact]
    public void An_update_goes_into_the_other_slot_and_is_tried_at_the_next_start()
    {
        var before = File.ReadAllBytes(_box.Slots.PathA);
        Assert.True(_box.Update(_box.Write(_slot)), _box.Said);
        Assert.Equal(before, File.ReadAllBytes(_box.Slots.PathA));
        Assert.Equal(_slot, File.ReadAllBytes(_box.Slots.PathB).AsSpan(0, _slot.Length));
        Assert.Equal("good=a machine_id=0123 tries=3 try=b", _box.Environment);
        Assert.Equal(1024, new FileInfo(_box.Slots.EnvironmentPath).Length);
        Assert.True(_box.Update("--state"));
        Assert.Equal("running a; b is tried at the next start\n", _box.Said);
    }

    [Fact]
    public void From_b_it_goes_into_a()
    {
        using var box = new MadeBox("b");
        box.Set("good=b");
        Assert.True(box.Update(box.Write(_slot)), box.Said);
        Assert.Equal(_slot, File.ReadAllBytes(box.Slots.PathA).AsSpan(0, _slot.Length));
        Assert.Equal("good=b tries=3 try=a", box.Environment);
    }

    [Fact]
    public void A_system_that_is_confirmed_is_the_one_to_start_from_now_on()
    {
        using var box = new MadeBox("b");
        box.Set("good=a\nmachine_id=0123\ntries=2\ntry=b");
        Assert.True(box.Update("--state"));
        Assert.Equal("trying b, 2 more attempts; a is good\n", box.Said);
        Assert.True(box.Update("--confirm"));
        Assert.Equal("good=b machine_id=0123", box.Environment);
        Assert.True(box.Update("--confirm"));
        Assert.Equal("b is good\n", box.Said);
        Assert.Equal("good=b machine_id=0123", box.Environment);
    }

    [Fact]
    public void A_system_that_came_up_in_place_of_the_tried_one_stays_good_and_says_what_failed()
    {
        _box.Set("failed=b\ngood=a\ntries=0\ntry=");
        Assert.True(_box.Update("--confirm"));
        Assert.True(_box.Update("--state"));
        Assert.Equal("running a\nfailed b: the update in it did not come up\n", _box.Said);
        Assert.True(_box.Update(_box.Write(_slot)), _box.Said);
        Assert.Equal("good=a tries=3 try=b", _box.Environment);
    }

    [Fact]
    public void While_a_system_is_tried_nothing_is_written_over_the_one_to_go_back_to()
    {
        using var box = new MadeBox("b");
        box.Set("good=a\ntries=2\ntry=b");
        var before = File.ReadAllBytes(box.Slots.PathA);
        Assert.False(box.Update(box.Write(_slot)));
        Assert.Contains("not confirmed yet", box.Said, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(box.Slots.PathA));
    }

    [Fact]
    public void An_attempt_that_was_pending_is_forgotten_before_its_slot_is_written()
    {
        Assert.True(_box.Update(_box.Write(_slot)), _box.Said);
        // The content fits neither twice: it is refused before anything is touched, so the pending attempt stays.
        Assert.False(_box.Update(_box.Write([.. _box.Members(_slot).Select(m => m.Name == "slot.squashfs" ? (m.Name, MadeBox.Noise(_slot.Length, 9)) : m)])));
        Assert.Contains("not what the manifest says", _box.Said, StringComparison.Ordinal);
        Assert.Equal("good=a machine_id=0123 tries=3 try=b", _box.Environment);
        Assert.Equal(_slot, File.ReadAllBytes(_box.Slots.PathB).AsSpan(0, _slot.Length));
    }

    [Fact]
    public void Only_one_update_at_a_time()
    {
        using var held = LinuxFile.OpenUnlocked(_box.Slots.EnvironmentPath);
        Assert.True(held.TryLock());
        Assert.False(_box.Update(_box.Write(_slot)));
        Assert.Contains("another update is under way", _box.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_a_box_is_not_updated()
    {
        using var box = new MadeBox(running: null!);
        Assert.False(box.Update(box.Write(_slot)));
        Assert.Contains("was not started from a slot", box.Said, StringComparison.Ordinal);
        File.Delete(box.Slots.EnvironmentPath);
        Assert.False(box.Update("--state"));
        Assert.Contains(box.Slots.EnvironmentPath, box.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Refused_for_another_architecture()
        => Refused(_box.Write(_slot, architecture: "riscv64"), "is for riscv64, this box is ");

    [Fact]
    public void Refused_when_another_key_signed_it()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Refused(_box.Write(_slot, key: other), "is no signature of the key in");
    }

    [Fact]
    public void Refused_when_it_is_larger_than_the_slot()
        => Refused(_box.Write(MadeBox.Noise((3 << 20) + 1, 4)), "holds 3145729 bytes, slot b");

    [Fact]
    public void Refused_when_the_content_is_another()
        => Refused(_box.Write([.. _box.Members(_slot).Select(m => m.Name == "slot.squashfs" ? (m.Name, MadeBox.Noise(_slot.Length, 5)) : m)]), "not what the manifest says (SHA-256)");

    [Fact]
    public void Refused_without_a_key()
    {
        File.WriteAllText(_box.Slots.KeyPath, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        Refused(_box.Write(_slot), "no key to check updates with");
        File.Delete(_box.Slots.KeyPath);
        Refused(_box.Write(_slot), "no key to check updates with");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"format\":2,\"architecture\":\"amd64\",\"version\":\"1\",\"slotBytes\":1,\"slotSha256\":\"00\"}")]
    [InlineData("{\"format\":1,\"architecture\":null,\"version\":\"1\",\"slotBytes\":1,\"slotSha256\":\"00\"}")]
    [InlineData("{\"format\":1,\"architecture\":\"amd64\",\"version\":\"1\",\"slotBytes\":-1,\"slotSha256\":\"00\"}")]
    [InlineData("{\"format\":1,\"architecture\":\"amd64\",\"version\":\"1\",\"slotBytes\":1,\"slotSha256\":\"00\"}")]
    public void Refused_with_a_manifest_that_is_signed_and_nonsense(string manifest)
        => Refused(_box.Write(_slot, manifest: manifest), "update: ");

    [Fact]
    public void Openssl_and_sha256sum_verify_what_we_verify()
    {
        var update = _box.Write(_slot);
        var folder = Path.GetDirectoryName(update)!;
        Assert.Equal("", Shell(folder, "tar xf made.update && openssl dgst -sha256 -verify key.pem -signature manifest.sig manifest.json >&2 && sed 's/.*slotSha256\":\"//; s/\".*/  slot.squashfs/' manifest.json | sha256sum -c - >&2"));
        Assert.True(_box.Update(update), _box.Said);
    }

    private void Refused(string file, string because)
    {
        var (a, b, environment) = (File.ReadAllBytes(_box.Slots.PathA), File.ReadAllBytes(_box.Slots.PathB), _box.Environment);
        Assert.False(_box.Update(file));
        Assert.Contains(because, _box.Said, StringComparison.Ordinal);
        Assert.Equal(a, File.ReadAllBytes(_box.Slots.PathA));
        Assert.Equal(b, File.ReadAllBytes(_box.Slots.PathB));
        Assert.Equal(environment, _box.Environment);
    }

    /// <summary>What the commands said, if they failed.</summary>
    private static string Shell(string folder, string commands)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", commands]) { WorkingDirectory = folder, RedirectStandardError = true })!;
        var said = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return shell.ExitCode == 0 ? "" : said;
    }
}
