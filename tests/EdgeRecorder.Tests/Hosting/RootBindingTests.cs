using EdgeRecorder.Configuration;
using EdgeRecorder.Hosting;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Tests.Hosting;

/// <summary>The root is on its own disk or nowhere. fstab and mountinfo as the manual pages show them.</summary>
public sealed class RootBindingTests : IDisposable
{
    private const string Fstab = """
        # <file system> <mount point>   <type>  <options>       <dump>  <pass>
        UUID=0a3407de-014b-458b-b5c1-848e92a327a3 /     ext4    errors=remount-ro 0       1
        UUID=f9fe0b69-a280-415d-a03a-a32752370dee none  swap    sw                0       0
        LABEL=footage	/srv/footage	ext4	noatime,lazytime,nofail	0	2
        /dev/sdb1       /media/my\040disk/ ext4 noauto            0       0

        """;

    private const string Mountinfo = """
        24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
        36 24 0:29 / /proc rw,nosuid - proc proc rw
        41 24 8:17 / /srv/footage rw,noatime shared:22 master:3 - ext4 /dev/sdb1 rw
        42 24 0:33 / /auto rw,relatime shared:23 - autofs systemd-1 rw,fd=51
        43 24 8:33 / /media/my\040disk rw - ext4 /dev/sdc1 rw
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static ExpectedMounts Mounts(string mountinfo, string fstab = Fstab)
        => new([.. MountTable.Meant(fstab.Split('\n')).Select(point => (point, "/etc/fstab"))], () => MountTable.Mounted(mountinfo.Split('\n')));

    private static string Without(string point) => string.Join('\n', Mountinfo.Split('\n').Where(line => !line.Contains(point, StringComparison.Ordinal)));

    [Fact]
    public void Fstab_and_mountinfo_are_read_with_their_escapes()
    {
        Assert.Equal(["/", "/srv/footage", "/media/my disk/"], MountTable.Meant(Fstab.Split('\n')));
        Assert.Equal(["/", "/media/my disk", "/proc", "/srv/footage"], MountTable.Mounted(Mountinfo.Split('\n')).Order(StringComparer.Ordinal));
        Assert.Equal(["/srv/x"], MountTable.MeantByUnit(["[Mount]", "What=/dev/sdb1", "Where = /srv/x", "# Where=/no"]));
    }

    [Theory]
    [InlineData("/srv/footage", "/srv/footage")]
    [InlineData("/srv/footage/recorder", "/srv/footage")]
    [InlineData("/media/my disk/a/b", "/media/my disk")]    // noauto: somebody means a disk all the same
    [InlineData("/srv/footage2", null)]
    [InlineData("/srv", null)]
    [InlineData("/var/lib/edge-recorder", null)]            // only / is meant to be around it
    public void A_root_below_a_mount_point_needs_something_mounted_there(string root, string? point)
    {
        Assert.Null(Mounts(Mountinfo).MissingFor(root));
        Assert.Equal(point, Mounts(point is null ? Mountinfo : Without(point.Replace(" ", "\\040", StringComparison.Ordinal))).MissingFor(root)?.Point);
    }

    [Fact]
    public void The_innermost_mount_point_counts_and_autofs_alone_is_nothing_mounted()
    {
        var fstab = "/dev/sda2 /srv ext4\n/dev/sdb1 /srv/footage ext4\n/dev/sdc1 /auto ext4\n";
        Assert.Null(Mounts(Mountinfo, fstab).MissingFor("/srv/footage/x"));
        Assert.Equal("/srv", Mounts(Mountinfo, fstab).MissingFor("/srv/other")?.Point);
        Assert.Equal("/auto", Mounts(Mountinfo, fstab).MissingFor("/auto/x")?.Point);
    }

    [Fact]
    public void A_root_that_a_link_leads_to_an_unmounted_disk_is_seen()
    {
        var disk = Directory.CreateDirectory(_directory.File("disk")).FullName;
        Directory.CreateSymbolicLink(_directory.File("link"), disk);
        Assert.Equal(disk, Mounts(Mountinfo, $"/dev/sdb1 {disk} ext4\n").MissingFor(_directory.File("link") + "/recorder")?.Point);
    }

    [Fact]
    public void A_named_volume_is_the_only_one_that_will_do_and_both_are_named()
    {
        var (wanted, found) = (Guid.NewGuid(), Guid.NewGuid());
        var storage = new StorageOptions { Root = _directory.Path, Volume = wanted };
        Assert.Contains($"holds no ring, volume {wanted} is wanted", RootBinding.Wrong(storage, Mounts(Mountinfo)), StringComparison.Ordinal);

        Directory.CreateDirectory(_directory.File("ring"));
        File.WriteAllText(_directory.File("ring/volume"), $"format=1\nid={found}\nsegment_bytes=1048576\n");
        Assert.Contains($"holds volume {found}, volume {wanted} is wanted", RootBinding.Wrong(storage, Mounts(Mountinfo)), StringComparison.Ordinal);

        storage.Volume = found;
        Assert.Null(RootBinding.Wrong(storage, Mounts(Mountinfo, $"/dev/sdb1 {_directory.Path} ext4\n")));
        storage.Volume = null;
        Assert.Contains($"/etc/fstab mounts a file system at {_directory.Path}", RootBinding.Wrong(storage, Mounts(Mountinfo, $"/dev/sdb1 {_directory.Path} ext4\n")), StringComparison.Ordinal);
    }
}
